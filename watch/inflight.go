package watch

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/internal/loop"
)

// InFlight watches requests while they run: how many there are, which is the
// oldest, and which go on although their client has left. [NewInFlight] makes it.
// It is a metric.Source and a finding.Source.
//
// Start has it look for orphaned requests once a second, on a goroutine of its own.
// Without Start it looks when it is asked for its figures, and orphans that come and
// go between two questions are only counted when they end.
type InFlight struct {
	config   InFlightConfig
	requests *tracker[request]
	routes   *cardinality.Vec[*tally]
	orphaned atomic.Uint64
	looking  loop.Loop

	looked   atomic.Int64
	mu       sync.Mutex // one look at a time; held while contexts are asked
	suspects []suspect  // of the shard that is looked at, to be used again
}

// request is what is kept of a request while it runs.
type request struct {
	ctx                context.Context
	method, host, path string
	route              string        // "" for HTTP: it is known in the end
	mux                router        // knows it before, nil if there is none
	sent               *atomic.Int64 // bytes of the response, nil if not counted
	left               int64         // when the client was first seen to have left, 0 if it is there
	orphaned           bool
}

// router is what http.ServeMux can do and other routers may.
type router interface {
	Handler(*http.Request) (handler http.Handler, pattern string)
}

// Outcome is how a request or a call ended.
type Outcome uint8

const (
	// OK ended as it should. A status is not looked at.
	OK Outcome = iota
	// Failed ended with an error: only those who call [Work.End] say so.
	Failed
	// Panicked ended with a panic (http.ErrAbortHandler too) or runtime.Goexit.
	Panicked
	// ClientGone ended after its client had left or its deadline had passed.
	ClientGone

	outcomes = iota
)

// tally counts what has ended on one route.
type tally [outcomes]lazyTimings

var outcomeNames = [outcomes]string{"ok", "error", "panic", "client_gone"}

// String returns the lower-case word that metrics use.
func (o Outcome) String() string { return wordOf(uint8(o), outcomeNames[:], "Outcome") }

// NewInFlight returns an InFlight. It panics if the config makes no sense.
func NewInFlight(config InFlightConfig) *InFlight {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	config = config.withDefaults()
	return &InFlight{
		config:   config,
		requests: newTracker[request](),
		routes:   newTallies("inflight.duration", "route", config.MaxRoutes, func(string) *tally { return new(tally) }),
	}
}

// Start begins to look for orphaned requests once a second. The end of ctx has the
// effect of Close. A second Start, or one after Close, is an error.
func (f *InFlight) Start(ctx context.Context) error {
	return f.looking.Start(ctx, loop.Config{
		Name: "watch.InFlight", Every: time.Second,
		Step: func(context.Context) { f.look(f.requests.now()) },
	})
}

// Close stops looking for orphaned requests; requests are counted on. It works on
// the zero value, and any number of times.
func (f *InFlight) Close() error { return f.looking.Close() }

// Work is a request that runs. The zero value is none.
type Work struct {
	of     *InFlight
	ticket ticket[request]
	began  int64
	route  string
}

// Begin notes that work on something begins that is not an HTTP request: a message,
// a call of gRPC. The route is one of a few names, and ctx ends when whoever waits
// for the result has left; nil if that is not known.
func (f *InFlight) Begin(ctx context.Context, route string) Work {
	if route == "" {
		route = routeNone
	}
	return f.begin(request{ctx: ctx, route: route})
}

func (f *InFlight) begin(r request) Work {
	now := f.requests.now()
	return Work{f, f.requests.addHere(now, r), now, r.route}
}

// End notes that the work has ended. The outcome OK becomes ClientGone if its
// context has ended, and one that does not exist Failed. A second End does nothing.
func (w Work) End(outcome Outcome) {
	if w.of == nil {
		return
	}
	if outcome >= outcomes {
		outcome = Failed
	}
	w.of.end(w, outcome, w.route)
}

func (f *InFlight) end(w Work, outcome Outcome, route string) {
	now := f.requests.now()
	r, _, ok := f.requests.remove(w.ticket, now, first)
	if !ok {
		return
	}
	if r.left != 0 && !r.orphaned && time.Duration(now-r.left) >= f.config.Grace {
		f.orphaned.Add(1)
	}
	if outcome == OK && r.ctx != nil && r.ctx.Err() != nil {
		outcome = ClientGone
	}
	f.routes.With1(route)[outcome].add(time.Duration(now - w.began))
}

// Middleware returns a handler that notes each request and hands it to next. Put it
// around the http.ServeMux: a handler between the two that makes a new request, by
// WithContext, hides the pattern, and the route is "(none)" then. One InFlight serves
// all servers of a process: its figures have no label to tell two of them apart.
//
// If next is an http.ServeMux, or finds handlers as that does, it also names the route
// of a request that still runs.
func (f *InFlight) Middleware(next http.Handler) http.Handler {
	mux, _ := next.(router)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noted := request{ctx: r.Context(), method: r.Method, host: r.Host, path: r.URL.Path, mux: mux}
		if f.config.CountBytes {
			noted.sent = new(atomic.Int64)
			w = countBytes(w, noted.sent)
		}
		work := f.begin(noted)
		outcome := Panicked
		defer func() { f.end(work, outcome, f.config.route(r)) }()
		next.ServeHTTP(w, r)
		outcome = OK
	})
}
