package gate

import (
	"fmt"
	"net/http"
	"strings"
)

// maxValidator bounds what Page.Validator returns, because clients send it back.
const maxValidator = 128

// tag returns the entity tag of p now, "" if there is none. It is a weak one:
// two renderings of the same state need not be equal byte by byte, because
// profiles contain the time at which they were written.
func (p Page) tag() (string, error) {
	if p.Validator == nil {
		return "", nil
	}
	value := p.Validator()
	if value == "" {
		return "", nil
	}
	if len(value) > maxValidator || strings.IndexFunc(value, notInTag) >= 0 {
		return "", fmt.Errorf("gate: Page.Validator returned %.200q: use up to %d printable ASCII characters without spaces and quotes", value, maxValidator)
	}
	return `W/"` + value + `"`, nil
}

func notInTag(c rune) bool { return notPrintable(c) || c == '"' }

// hasCurrent reports whether r says that the client has the page with that tag.
func hasCurrent(r *http.Request, tag string) bool {
	if tag == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	return matchesTag(strings.Join(r.Header["If-None-Match"], ","), tag)
}

// matchesTag reports whether an If-None-Match header names tag, by the weak
// comparison of RFC 9110, section 8.8.3.2. What follows something malformed
// does not count.
func matchesTag(header, tag string) bool {
	for {
		header = strings.TrimLeft(header, " \t,")
		if strings.HasPrefix(header, "*") {
			return true
		}
		value, rest, ok := cutTag(header)
		if !ok {
			return false
		}
		if value == strings.TrimPrefix(tag, "W/") {
			return true
		}
		header = rest
	}
}

// cutTag cuts an entity tag off the beginning of a list and returns it without
// the mark of a weak one.
func cutTag(list string) (tag, rest string, ok bool) {
	list = strings.TrimPrefix(list, "W/")
	if !strings.HasPrefix(list, `"`) {
		return "", "", false
	}
	end := strings.IndexByte(list[1:], '"') + 2
	if end < 2 || strings.ContainsFunc(list[1:end-1], isControl) {
		return "", "", false
	}
	return list[:end], list[end:], true
}

// isControl is what may not be in a tag. Spaces may not either.
func isControl(c rune) bool { return c <= ' ' || c == 0x7f }

// notModified answers that the client has the page.
func notModified(w http.ResponseWriter, tag string) {
	setTag(w.Header(), tag)
	w.WriteHeader(http.StatusNotModified)
}

// setTag lets the client keep the page, if it asks each time whether it still
// holds.
func setTag(h http.Header, tag string) {
	if tag != "" {
		h.Set("Etag", tag)
		h.Set("Cache-Control", "private, no-cache")
	}
}
