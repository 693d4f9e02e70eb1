package heap

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/internal/ringdir"
)

// maxText bounds since and capture, which name the page and are kept with it. An ID
// takes 120 bytes at most.
const maxText = 200

// maxSeconds bounds how long a request may watch.
const maxSeconds = 30

// errNotAllowed says that who asks may look and may not do what is asked for.
var errNotAllowed = errors.New("not allowed")

var formats = []string{"pprof", "text", "md", "html", "json", "svg", "folded", "yaml", "css"}

// query is what a request asks for.
type query struct {
	format  string
	seconds int
	since   string // what a difference was asked from, "" for the whole
	from    origin // what since stands for
	gc      bool
	capture string // the ID of a file of a capture, "" for none
}

// parseQuery reads the query of r. What is not understood is an error that
// names the parameter, its value and what can be used.
func parseQuery(r *http.Request, now time.Time) (query, error) {
	values := r.URL.Query()
	q := query{format: values.Get("format"), since: values.Get("since"), capture: values.Get("capture")}
	if q.format == "" {
		q.format = preferred(r)
	}
	if !slices.Contains(formats, q.format) {
		return q, fmt.Errorf("format is %.40q: use one of %s", q.format, strings.Join(formats[:len(formats)-1], ", "))
	}
	if len(q.since) > maxText || len(q.capture) > maxText {
		return q, fmt.Errorf("since is %.40q and capture %.40q: use at most %d bytes", q.since, q.capture, maxText)
	}
	var err error
	if q.seconds, err = parseSeconds(values.Get("seconds")); err != nil {
		return q, err
	}
	if q.gc, err = parseGC(values.Get("gc")); err != nil {
		return q, err
	}
	if q.seconds > 0 && q.since != "" {
		return q, errors.New("seconds and since are both given: seconds looks ahead, since looks back; use one of the two")
	}
	if q.isDelta() && !q.isProfile() {
		return q, fmt.Errorf("format is %s: seconds and since go with pprof, svg or folded", q.format)
	}
	q.from, err = parseSince(q.since, now)
	return q, err
}

// preferred is the format for who named none: a browser says that it takes HTML.
func preferred(r *http.Request) string {
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		return "html"
	}
	return "pprof"
}

func parseSeconds(value string) (int, error) {
	if value == "" {
		return 0, nil
	}
	seconds, err := strconv.Atoi(value)
	if err != nil || seconds < 1 || seconds > maxSeconds {
		return 0, fmt.Errorf("seconds is %.40q: use 1 to %d", value, maxSeconds)
	}
	return seconds, nil
}

func parseGC(value string) (bool, error) {
	if value == "" {
		return false, nil
	}
	gc, err := strconv.ParseBool(value)
	if err != nil {
		return false, fmt.Errorf("gc is %.40q: use 1, or leave it out", value)
	}
	return gc, nil
}

// parseSince understands "baseline", an ID, how long ago, and a time. That a
// capture is no reading is said by whoever looks for it.
func parseSince(value string, now time.Time) (origin, error) {
	if value == "" || value == baselineID {
		return origin{}, nil
	}
	if isCycleID(value) || ringdir.IsID(value) {
		return origin{id: value}, nil
	}
	if ago, err := time.ParseDuration(value); err == nil && ago > 0 {
		return origin{at: now.Add(-ago)}, nil
	}
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return origin{at: at}, nil
	}
	return origin{}, fmt.Errorf("since is %.40q: use baseline, an ID such as c12 from X-Govitals-Since, how long ago such as 10m, or a time such as %s",
		value, now.UTC().Format(time.RFC3339))
}

// isCycleID reports whether a text is the ID of a reading that there may be.
func isCycleID(text string) bool {
	cycles, err := strconv.ParseUint(strings.TrimPrefix(text, "c"), 10, 64)
	return err == nil && text == cycleID(cycles)
}

func (q query) isDelta() bool { return q.seconds > 0 || q.since != "" }

func (q query) isProfile() bool {
	return q.format == "pprof" || q.format == "svg" || q.format == "folded"
}

// allowed refuses a forced collection that anyone's link could ask for. A
// program with the token may use GET, because go tool pprof cannot POST.
func (q query) allowed(r *http.Request) error {
	if !q.gc || r.Method == http.MethodPost || gate.Authorized(r) {
		return nil
	}
	return fmt.Errorf("%w: gc=1 stops other work: ask with POST, or with the token", errNotAllowed)
}

// key names the page: everything that it depends on.
func (q query) key() string {
	return fmt.Sprintf("%s;seconds=%d;since=%s;gc=%v;capture=%s", q.format, q.seconds, q.since, q.gc, q.capture)
}

// isFixed reports whether the answer depends on the latest collection and the
// baseline alone. That of "since=10m" moves with the clock, and that of a capture
// is an error.
func (q query) isFixed() bool {
	return q.seconds == 0 && !q.gc && q.capture == "" && q.from.at.IsZero() && !ringdir.IsID(q.since)
}
