package httpflight

import (
	"net/http"
	"slices"
	"strings"
)

// flightKey tells loads apart.
type flightKey struct {
	address   string // scheme, host, and path and query or what Config.Key returns
	rewrite   string // values of the request headers that handlers take for a part of it
	encodings string // accepted, or encoded for one that this package makes
	vary      string // values of the request headers that the answer varies on
}

func (k flightKey) size() int64 {
	return int64(len(k.address) + len(k.rewrite) + len(k.encodings) + len(k.vary))
}

// keyOf returns the key of r, or why it must run alone.
func (h *Handler) keyOf(r *http.Request) (key flightKey, why string) {
	if why := h.private(r); why != "" {
		return key, why
	}
	address, ok := h.address(r)
	if !ok {
		return key, aloneKey
	}
	key = flightKey{address: address, rewrite: rewriteOf(r.Header), encodings: h.variant(r)}
	known := h.marks.get(key)
	if known.alone {
		return key, aloneMarked
	}
	key.vary = varyKey(r.Header, known.vary)
	return key, ""
}

// keyed are headers that handlers take for a part of the address. What they do
// to an answer must not reach those who did not send them.
var keyed = [...]string{
	"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Path",
	"X-Forwarded-Uri", "X-Forwarded-Scheme", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Host", "X-Original-Url", "X-Original-Uri",
	"X-Original-Host", "X-Rewrite-Url", "X-Scheme", "X-Url-Scheme", "Front-End-Https",
}

// address returns where r goes, false if the user's Key wants it to run alone.
func (h *Handler) address(r *http.Request) (string, bool) {
	path := r.URL.RequestURI()
	if h.config.Key != nil {
		key, share := h.config.Key(r)
		if !share {
			return "", false
		}
		path = key
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	var b strings.Builder
	writePart(&b, scheme)
	writePart(&b, strings.ToLower(r.Host))
	writePart(&b, path)
	return b.String(), true
}

// rewriteOf returns the values of keyed headers.
func rewriteOf(h http.Header) string {
	var b strings.Builder
	for i, name := range keyed {
		for _, value := range h[name] {
			b.WriteByte(byte('A' + i))
			writePart(&b, value)
		}
	}
	if value := forwarded(h); value != "" {
		b.WriteByte('f')
		writePart(&b, value)
	}
	return b.String()
}

// forwarded returns what Forwarded (RFC 7239) says of the address, and nothing of
// whom it is for.
func forwarded(h http.Header) string {
	var elements []string
	for element := range list(h, "Forwarded") {
		var pairs []string
		for pair := range split(element, ';') {
			name, _, _ := strings.Cut(pair, "=")
			if name = strings.ToLower(strings.TrimSpace(name)); name == "host" || name == "proto" {
				pairs = append(pairs, pair)
			}
		}
		if len(pairs) > 0 {
			elements = append(elements, strings.Join(pairs, ";"))
		}
	}
	return strings.Join(elements, ", ")
}

// writePart writes s so that no two lists of parts give the same text.
func writePart(b *strings.Builder, s string) {
	for ; strings.IndexByte(s, 0) >= 0; s = s[strings.IndexByte(s, 0)+1:] {
		b.WriteString(s[:strings.IndexByte(s, 0)])
		b.WriteString("\x00\x01")
	}
	b.WriteString(s)
	b.WriteString("\x00\x00")
}

// varyKey returns the values of the headers that an answer varies on.
func varyKey(h http.Header, names []string) string {
	var b strings.Builder
	for _, name := range names {
		writePart(&b, name)
		for _, value := range h.Values(name) {
			b.WriteByte('=')
			writePart(&b, value)
		}
	}
	return b.String()
}

// gzipVariant is the variant that this package makes.
const gzipVariant = "+gzip"

// variant returns which of the encodings of an answer r asks for.
func (h *Handler) variant(r *http.Request) string {
	names := accepted(r.Header)
	switch {
	case !h.config.Gzip:
		return strings.Join(names, ", ")
	case slices.Contains(names, "gzip") && len(r.Header.Values("Range")) == 0:
		return gzipVariant
	}
	return ""
}

// codings are the content codings in use. All else in Accept-Encoding is
// dropped, so that there are few variants.
var codings = [...]string{"br", "gzip", "zstd"}

// accepted returns those codings that r accepts, sorted.
func accepted(h http.Header) []string {
	var names []string
	for element := range list(h, "Accept-Encoding") {
		name, weight, _ := strings.Cut(element, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if slices.Contains(codings[:], name) && !slices.Contains(names, name) && !refuses(weight) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// refuses reports whether a weight such as "q=0.00" means never. One that makes
// no sense does, too.
func refuses(weight string) bool {
	weight = strings.ToLower(strings.TrimSpace(weight))
	if weight == "" {
		return false
	}
	q, ok := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
	return !ok || strings.Trim(q, "0.") == ""
}
