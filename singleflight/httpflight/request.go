package httpflight

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// Why a request runs alone, as the detail in Cache-Status says it.
const (
	aloneMethod      = "method"
	aloneBody        = "body"
	aloneCredentials = "credentials"
	aloneUpgrade     = "upgrade"
	aloneNoStore     = "no-store"
	aloneCondition   = "condition"
	aloneKey         = "key"
	aloneMarked      = "marked"
	aloneUnshareable = "unshareable"
	aloneVary        = "vary"
	aloneClosed      = "closed"
)

// credentials are headers that say who is asking, in canonical form.
var credentials = [...]string{
	"Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", "X-Auth-Token", "X-Amz-Security-Token",
	// What proxies add that have asked who it is, some of them without a cookie:
	"Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Access-Token",
	"X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Access-Token", "X-Amzn-Oidc-Data", "X-Amzn-Oidc-Identity",
	"Cf-Access-Jwt-Assertion", "X-Goog-Iap-Jwt-Assertion", "X-Ms-Client-Principal", "X-Ms-Client-Principal-Id", "Tailscale-User-Login",
}

// private returns why r must run alone, "" if it may be shared.
func (h *Handler) private(r *http.Request) string {
	head := r.Header
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead, hasAny(head, overrides[:]):
		return aloneMethod
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0 || len(r.Trailer) > 0:
		return aloneBody
	case r.TLS != nil && len(r.TLS.PeerCertificates) > 0, r.URL.User != nil:
		return aloneCredentials
	case len(head.Values("Upgrade")) > 0 || has(head, "Connection", "upgrade") || len(head.Values("Expect")) > 0, wantsEvents(head):
		return aloneUpgrade
	case has(head, "Cache-Control", "no-store"):
		return aloneNoStore
	case len(head.Values("If-Match")) > 0 || len(head.Values("If-Unmodified-Since")) > 0:
		return aloneCondition
	case hasAny(head, credentials[:]), hasAny(head, h.config.Private):
		return aloneCredentials
	}
	return ""
}

// wantsEvents reports whether a client asks for an event stream, which is not for
// others: what it would be told must not count for those who ask for something else.
func wantsEvents(h http.Header) bool {
	for element := range list(h, "Accept") {
		if media, _, _ := strings.Cut(element, ";"); strings.EqualFold(strings.TrimSpace(media), "text/event-stream") {
			return true
		}
	}
	return false
}

// keyed are headers that handlers take for a part of the address. What they do
// to an answer must not reach those who did not send them.
var keyed = [...]string{
	"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Path",
	"X-Forwarded-Uri", "X-Forwarded-Scheme", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Host", "X-Original-Url", "X-Original-Uri",
	"X-Original-Host", "X-Rewrite-Url", "X-Scheme", "X-Url-Scheme", "Front-End-Https",
}

// overrides are headers that frameworks take for the method.
var overrides = [...]string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"}

// hasAny reports whether h has a header of one of these names, in canonical form.
func hasAny(h http.Header, names []string) bool {
	for _, name := range names {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}

// dropped are headers that belong to one client and not to a load for many:
// where it comes from, which part it wants, what it has, and what is about its
// connection: with Connection it could name headers that a proxy behind removes.
var dropped = [...]string{
	"Forwarded", "X-Forwarded-For", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip",
	"Range", "If-Range", "If-None-Match", "If-Modified-Since",
	"Cache-Control", "Pragma",
	"Connection", "Keep-Alive", "Proxy-Connection", "Te",
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

// request returns what the load asks the handler behind for: the whole thing,
// on behalf of nobody in particular. Its context has values only.
func (h *Handler) request(r *http.Request, key flightKey) *http.Request {
	ctx := context.Background()
	for _, name := range append([]any{http.ServerContextKey, http.LocalAddrContextKey}, h.config.Values...) {
		if value := r.Context().Value(name); value != nil {
			ctx = context.WithValue(ctx, name, value)
		}
	}
	load := r.Clone(ctx)
	load.Method = http.MethodGet
	load.Body, load.ContentLength = http.NoBody, 0
	for _, name := range dropped {
		load.Header.Del(name)
	}
	if value := forwarded(r.Header); value != "" {
		load.Header.Set("Forwarded", value)
	}
	load.Header.Del("Accept-Encoding")
	if key.encodings != "" && key.encodings != gzipVariant {
		load.Header.Set("Accept-Encoding", key.encodings)
	}
	return load
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
