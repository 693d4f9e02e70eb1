package heap

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/internal/style"
)

// HandlerConfig configures [Handler]. The zero value is recommended where
// nobody but this machine needs to look.
type HandlerConfig struct {
	// Monitor adds history, limits and collections to the report. Default:
	// none; each request reads the heap.
	Monitor *Monitor
	// Sites names who grew, and is what since= counts from. Default: the handler
	// keeps one, with its construction as the baseline, and steps it with each
	// report.
	Sites *Sites
	// Recorder lists its captures in the report. Default: none.
	Recorder *Recorder
	// Findings has the verdict that heads the report. Default: what Monitor
	// finds.
	Findings finding.Source
	// Sizer gives advice on requests and limits. Default: none.
	Sizer *Sizer
	// Token opens the handler to requests that carry it, as a bearer token or
	// as the password of HTTP Basic authentication, wherever they come from.
	// At least 16 bytes. Default: none, this machine only.
	Token string
	// Authorize decides who may pass instead of Token and of the checks that
	// stand without it. An error refuses. Default: none.
	Authorize func(*http.Request) error
}

// Validate returns an error that names the field that is wrong.
func (c HandlerConfig) Validate() error {
	if err := c.gate().Validate(); err != nil {
		return fmt.Errorf("heap: HandlerConfig: %w", err)
	}
	return nil
}

func (c HandlerConfig) gate() gate.Config {
	return gate.Config{Token: c.Token, Authorize: c.Authorize}
}

// Handler serves the heap of this process. Programs get the snapshot that
// go tool pprof reads; a browser gets the report. The query decides otherwise:
//
//	format=pprof         the snapshot, or with seconds or since the difference
//	format=text|md|html  the report: memory by owner, who grew, limits, advice
//	format=json          the report for programs
//	format=svg|folded    the snapshot or the difference as a picture, as lines
//	seconds=30           what changes in the next 30 s, at most
//	since=baseline       what changed since the baseline
//	since=c12            what changed since that reading; X-Govitals-Since and
//	                     the report list those that are kept
//	since=10m            what changed since then; also a time in RFC 3339
//	format=yaml          requests and limits that would fit, for Kubernetes
//	gc=1                 collect first: POST, or GET with the token
//	capture=ID           a file of a capture, as the report lists them
//
// Requests that do not come from this machine are refused, unless config says
// otherwise. Snapshots are taken one at a time and their bytes are reused for a
// second; one of an unchanged garbage collection cycle is answered with 304.
// Clients that ask again and again get ten pages a second between them, and wait
// or get 429 beyond that, so that they do not slow the service down.
//
// The handler is also a metric.Source that counts requests. It panics if config
// is not valid.
func Handler(config HandlerConfig) http.Handler {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	guard, err := gate.New(config.gate())
	if err != nil {
		panic(err)
	}
	h := &handler{Gate: guard, config: config, boot: strconv.FormatUint(rand.Uint64(), 36)}
	if h.config.Sites == nil {
		h.config.Sites, h.ownSites = NewSites(), true
		_ = h.config.Sites.Baseline() // Err says it in the report
	}
	h.protected = guard.Protect("heap", http.HandlerFunc(h.serve), gate.AllowPOST)
	return h
}

// handler is a metric.Source by its gate.
type handler struct {
	*gate.Gate
	protected http.Handler
	config    HandlerConfig
	ownSites  bool
	boot      string // tells this process from the one before

	mu      sync.Mutex
	cycle   uint64
	cycleAt time.Time // when cycle was first seen
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.protected.ServeHTTP(w, r) }

func (h *handler) serve(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r, time.Now())
	if err == nil {
		err = q.allowed(r)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	if q.format == "css" {
		style.Serve(w, r)
		return
	}
	if q.capture != "" {
		h.serveCapture(w, r, q)
		return
	}
	w.Header().Set("Vary", "Accept")
	if q.isProfile() {
		w.Header().Set("X-Govitals-Report", "?format=text")
		w.Header().Set("X-Govitals-Since", momentIDs(h.config.Sites.moments()))
	}
	h.Serve(w, r, h.page(q))
}

// refuse answers a request that makes no sense, or that wants more than it may.
// X-Go-Pprof makes go tool pprof print the words.
func refuse(w http.ResponseWriter, err error) {
	w.Header().Set("X-Go-Pprof", "1")
	status := http.StatusBadRequest
	if errors.Is(err, errNotAllowed) {
		status = http.StatusForbidden
	}
	http.Error(w, err.Error(), status)
}

// settled is how long after a collection the profile may still change: it is
// published when the sweep has ended, runtime.mProf_PostSweep.
const settled = 2 * time.Second

// validator is the ETag of what depends on the latest collection, the baseline and
// the query alone. It is "" while the profile of that collection is not final.
func (h *handler) validator(q query) string {
	var s Stats
	Read(&s)
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.Cycles != h.cycle || h.cycleAt.IsZero() {
		h.cycle, h.cycleAt = s.Cycles, s.At
	}
	if s.At.Sub(h.cycleAt) < settled {
		return ""
	}
	base := h.config.Sites.baseAt().UnixNano()
	return h.boot + "-" + strconv.FormatUint(s.Cycles, 10) + "-" + strconv.FormatInt(base, 36) + "-" + q.key()
}

// collect runs a garbage collection if the query asks for it.
func (q query) collect() {
	if q.gc {
		runtime.GC()
	}
}
