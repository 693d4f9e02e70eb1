package httpflight

import (
	"iter"
	"net/http"
	"strings"
)

// only returns the headers of those names.
func only(h http.Header, names []string) http.Header {
	some := http.Header{}
	for _, name := range names {
		if values := h.Values(name); len(values) > 0 {
			some[name] = values
		}
	}
	return some
}

// sizeOf returns how many bytes the values of headers have.
func sizeOf(h http.Header) (bytes int64) {
	for _, values := range h {
		for _, value := range values {
			bytes += int64(len(value))
		}
	}
	return bytes
}

// isFieldName reports whether s is a token of RFC 9110, section 5.6.2.
func isFieldName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isFieldValue reports whether s can stand in a header without ending it.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// injected returns the name of a header that would end itself and begin
// another, "" if there is none.
func injected(h http.Header) string {
	for name, values := range h {
		if !isFieldName(strings.TrimPrefix(name, http.TrailerPrefix)) {
			return name
		}
		for _, value := range values {
			if !isFieldValue(value) {
				return name
			}
		}
	}
	return ""
}

// list yields the elements of a comma-separated header, over all its lines,
// without the spaces around them. Commas within quotes do not separate.
func list(h http.Header, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range h.Values(name) {
			for element := range split(line, ',') {
				if !yield(element) {
					return
				}
			}
		}
	}
}

// split yields the parts of s that are not empty, without the spaces around them.
// Separators within quotes do not separate.
func split(s string, separator byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s != "" {
			var part string
			part, s = cutPart(s, separator)
			if part = strings.Trim(part, " \t"); part != "" && !yield(part) {
				return
			}
		}
	}
}

func cutPart(s string, separator byte) (part, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == separator && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// has reports whether a list header has an element, whatever its case.
func has(h http.Header, name, element string) bool {
	for e := range list(h, name) {
		if strings.EqualFold(e, element) {
			return true
		}
	}
	return false
}

// hasAny reports whether h has a header of one of these names, in canonical form.
func hasAny(h http.Header, names []string) bool {
	for _, name := range names {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}
