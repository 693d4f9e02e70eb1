package httpflight

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ruling says what may be done with an answer.
type ruling struct {
	nobody bool // not even for the request that caused it
	share  bool // with requests other than the one that caused it
	// open says that requests which come after the headers may share it, too.
	open bool
	// keep is whether it may be reused when complete, for no longer than fresh
	// if that is limited.
	keep    bool
	limited bool
	fresh   time.Duration
	// strict is whether it must not be handed out as stale, unless whileStale or
	// ifError say for how long.
	strict              bool
	whileStale, ifError lifetime
	// vary names the request headers that must be equal, sorted.
	vary []string
}

// shareable are the final statuses that a cache may take as meant for everyone
// (RFC 9110, 15.1), but for 206.
var shareable = []int{200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}

// failures are shared with those who wait, so that a herd does not follow on the
// heels of the first request to an origin that is down. They are never reused.
var failures = []int{500, 502, 503, 504}

// judge decides on an answer by its status and headers alone (RFC 9111, 3 and
// 4). What it does not understand is private.
func judge(status int, h http.Header, now time.Time) ruling {
	d := parseDirectives(h)
	vary, varies := varyOf(h)
	statusAllows := slices.Contains(shareable, status) || slices.Contains(failures, status) ||
		(status == 302 || status == 307) && (d.public || d.lifetime().value > 0)
	switch {
	case trails(h):
		return ruling{nobody: true}
	case !statusAllows, d.noStore, d.noCache, d.private, !varies, personal(h):
		return ruling{}
	}
	v := ruling{share: true, open: true, keep: true, vary: vary, whileStale: d.whileStale, ifError: d.ifError}
	v.strict = d.revalidate || d.sMaxAge.known // RFC 9111, 5.2.2.10
	if d.revalidate {
		v.whileStale, v.ifError = lifetime{}, lifetime{}
	}
	v.fresh, v.limited = freshFor(d, h, now)
	if v.limited && v.fresh <= 0 {
		// Whoever asked before the answer was made has what is fresh to them.
		v.open, v.keep = false, false
	}
	if slices.Contains(failures, status) {
		v.keep = false
	}
	return v
}

// personal reports headers that make an answer one for a single client, or for
// a way of transfer that is not shared.
func personal(h http.Header) bool {
	for _, name := range [...]string{
		"Set-Cookie", "Set-Cookie2", "Content-Range", "Upgrade", "Clear-Site-Data",
		"Www-Authenticate", "Proxy-Authenticate", "Authentication-Info", "Proxy-Authentication-Info",
	} {
		if len(h.Values(name)) > 0 {
			return true
		}
	}
	for name := range h {
		if http.CanonicalHeaderKey(name) != name {
			return true // "set-cookie" is sent as it is, and h.Values does not see it
		}
	}
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "text/event-stream" || strings.HasPrefix(media, "multipart/x-mixed-replace")
}

// trails reports headers that announce trailers, which a flight does not carry.
func trails(h http.Header) bool {
	for name := range h {
		if name == "Trailer" || strings.HasPrefix(name, http.TrailerPrefix) {
			return true
		}
	}
	return false
}

// maxVary bounds how many headers an answer may vary on.
const maxVary = 16

// varyOf returns the names in Vary, false if no other request can match. An
// answer that allows one origin (CORS) varies on it, whether it says so or not.
func varyOf(h http.Header) ([]string, bool) {
	var names []string
	for name := range list(h, "Vary") {
		if !isFieldName(name) || name == "*" {
			return nil, false
		}
		name = http.CanonicalHeaderKey(name)
		if slices.Contains(dropped[:], name) {
			return nil, false // the load has not sent it
		}
		names = append(names, name)
	}
	if allowed := h.Values("Access-Control-Allow-Origin"); len(allowed) > 0 && !slices.Equal(allowed, []string{"*"}) {
		names = append(names, "Origin")
	}
	// The encodings are in the key already.
	names = slices.DeleteFunc(names, func(n string) bool { return n == "Accept-Encoding" })
	slices.Sort(names)
	names = slices.Compact(names)
	return names, len(names) <= maxVary
}

// freshFor returns how long an answer says it is fresh, less the time it has
// spent elsewhere. It reports false where it says nothing.
func freshFor(d directives, h http.Header, now time.Time) (time.Duration, bool) {
	fresh, known := d.lifetime().value, d.lifetime().known
	if expires := h.Values("Expires"); !known && len(expires) > 0 {
		known = true
		at, err := http.ParseTime(expires[0])
		if err == nil {
			fresh = at.Sub(dateOf(h, now))
		}
	}
	if !known {
		return 0, false
	}
	return max(fresh, 0) - ageOf(h), true // an Expires of the year 1 is as far back as a Duration goes
}

func dateOf(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now
}

func ageOf(h http.Header) time.Duration {
	first, _, _ := strings.Cut(h.Get("Age"), ",") // of several values (RFC 9111, 5.1)
	seconds, err := strconv.ParseUint(strings.TrimSpace(first), 10, 31)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // which is as old as can be (RFC 9111, 1.2.2)
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// hopByHop are headers about one connection (RFC 9110, 7.6.1).
var hopByHop = [...]string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Transfer-Encoding", "Upgrade",
}

func dropHopByHop(h http.Header) {
	for name := range list(h, "Connection") {
		h.Del(name)
	}
	for _, name := range hopByHop {
		h.Del(name)
	}
}
