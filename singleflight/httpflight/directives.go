package httpflight

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// directives is what a Cache-Control header says. A directive that cannot be
// read makes the answer as private as it might have meant.
type directives struct {
	noStore, noCache, private, public, noTransform bool
	revalidate                                     bool // must-revalidate, proxy-revalidate
	maxAge, sMaxAge, whileStale, ifError           lifetime
}

// lifetime is the argument of max-age or s-maxage.
type lifetime struct {
	value time.Duration
	known bool
}

// parseDirectives reads Cache-Control and the older Pragma. private and
// no-cache count in full even where they name fields (RFC 9111, 5.2.2.4 and
// 5.2.2.7 allow that).
func parseDirectives(h http.Header) directives {
	var d directives
	for element := range list(h, "Cache-Control") {
		name, argument, _ := strings.Cut(element, "=")
		name, argument = strings.TrimSpace(name), strings.TrimSpace(argument)
		if !isFieldName(name) || !isArgument(argument) {
			d.private = true // such as "private; max-age=5", or a quote that never ends
		}
		switch strings.ToLower(name) {
		case "no-store":
			d.noStore = true
		case "no-cache":
			d.noCache = true
		case "private":
			d.private = true
		case "public":
			d.public = true
		case "no-transform":
			d.noTransform = true
		case "must-revalidate", "proxy-revalidate":
			d.revalidate = true
		case "stale-while-revalidate":
			d.whileStale.set(argument)
		case "stale-if-error":
			d.ifError.set(argument)
		case "s-maxage":
			d.sMaxAge.set(argument)
		case "max-age":
			d.maxAge.set(argument)
		}
	}
	if len(h.Values("Cache-Control")) == 0 && has(h, "Pragma", "no-cache") {
		d.noCache = true
	}
	return d
}

// lifetime returns how long the answer is fresh in a cache for many, by its
// directives.
func (d directives) lifetime() lifetime {
	if d.sMaxAge.known {
		return d.sMaxAge
	}
	return d.maxAge
}

// isArgument reports whether s is what may follow "=": nothing, a token, or a whole
// quoted string.
func isArgument(s string) bool {
	inner, quoted := strings.CutPrefix(s, `"`)
	if !quoted {
		return s == "" || isFieldName(s)
	}
	for i := 0; i < len(inner); i++ {
		switch inner[i] {
		case '\\':
			i++
		case '"':
			return i == len(inner)-1
		}
	}
	return false
}

// set takes what is not a number as 0, of two values the shorter, and one
// beyond a year as that.
func (l *lifetime) set(argument string) {
	const year = 365 * 24 * 3600
	seconds, err := strconv.ParseUint(strings.Trim(argument, `"`), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		seconds = 0
	}
	value := time.Duration(min(seconds, year)) * time.Second
	if !l.known || value < l.value {
		l.value = value
	}
	l.known = true
}
