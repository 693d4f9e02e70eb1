package httpflight

import (
	"math"
	"net/http"
	"strconv"
	"strings"
)

// span is a part of a body, end not included.
type span struct {
	begin, end int64
	ranged     bool // as the client wanted
}

var whole = span{end: math.MaxInt64}

// size returns how many bytes of a body of that length are in the span.
func (p span) size(length int64) int64 {
	if !p.ranged {
		return length
	}
	return p.end - p.begin
}

// cut returns what of data, which begins at pos, is in the span.
func (p span) cut(data []byte, pos int64) []byte {
	n := int64(len(data))
	from := min(max(p.begin-pos, 0), n)
	to := min(max(p.end-pos, from), n)
	return data[from:to]
}

// setHeaders says which part it is, or that parts can be had.
func (p span) setHeaders(h http.Header, length int64) {
	switch {
	case p.ranged && p.begin >= p.end:
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(length, 10))
		for _, name := range [...]string{"Content-Type", "Content-Encoding", "Etag", "Last-Modified", "Cache-Control", "Expires"} {
			h.Del(name) // which are about the body: no cache may keep the error for as long
		}
	case p.ranged:
		h.Set("Content-Range", "bytes "+strconv.FormatInt(p.begin, 10)+"-"+strconv.FormatInt(p.end-1, 10)+"/"+strconv.FormatInt(length, 10))
	}
	if len(h.Values("Accept-Ranges")) == 0 {
		h.Set("Accept-Ranges", "bytes")
	}
}

// rangeOf returns status and part of the answer to a request for one range of a
// body of known length. What is not such a request gets the whole, as RFC 9110,
// 14.2 allows, and an empty body is whole to everyone, as http.ServeContent has it.
func rangeOf(r *http.Request, hd *head, length int64) (int, span) {
	lines := r.Header.Values("Range")
	if len(lines) != 1 || length == 0 || r.Method != http.MethodGet || has(hd.header, "Accept-Ranges", "none") || !ifRange(r, hd) {
		return http.StatusOK, whole
	}
	p, ok := parseRange(lines[0], length)
	switch {
	case !ok:
		return http.StatusOK, whole
	case p.begin >= p.end:
		return http.StatusRequestedRangeNotSatisfiable, p
	}
	return http.StatusPartialContent, p
}

// parseRange reads a Range header with one range. It returns an empty span for
// one beyond the end, and false for what is not understood.
func parseRange(value string, length int64) (span, bool) {
	unit, value, ok := strings.Cut(value, "=")
	first, last, dashed := strings.Cut(strings.Trim(value, " \t"), "-")
	if !ok || !dashed || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return span{}, false
	}
	if first == "" {
		n, ok := position(last)
		return span{begin: max(0, length-n), end: length, ranged: true}, ok
	}
	begin, ok := position(first)
	if !ok || last == "" {
		return span{begin: min(begin, length), end: length, ranged: true}, ok
	}
	end, ok := position(last)
	if !ok || end < begin {
		return span{}, false
	}
	return span{begin: min(begin, length), end: min(end, length-1) + 1, ranged: true}, true
}

// position reads a number of digits alone; one that is too large is far beyond
// any end.
func position(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return math.MaxInt64 - 1, true
	}
	return min(n, math.MaxInt64-1), true
}

// ifRange reports whether the part that the client has belongs to this answer
// (RFC 9110, 13.1.5): the same strong tag, or exactly the same date.
func ifRange(r *http.Request, hd *head) bool {
	condition := r.Header.Get("If-Range")
	switch {
	case condition == "":
		return true
	case strings.HasPrefix(condition, `"`):
		return condition == hd.header.Get("Etag")
	}
	return !strings.HasPrefix(condition, "W/") && condition == hd.header.Get("Last-Modified")
}
