package watch

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/cardinality"
)

// lookEvery is the least time between two looks for those who ask for figures.
const lookEvery = 500 * time.Millisecond

// maxPath is how much of a path is shown.
const maxPath = 500

// suspect is a request whose context is to be asked.
type suspect struct {
	ticket ticket[request]
	ctx    context.Context
}

// look asks the context of each request whether its client has left. Contexts may
// be slow, or somebody else's code: no lock of a shard is held meanwhile, and nobody
// waits for a look that has begun.
func (f *InFlight) look(now int64) {
	if !f.mu.TryLock() {
		return
	}
	defer f.mu.Unlock()
	f.looked.Store(now)
	for i := range f.requests.shards {
		f.suspects = f.suspects[:0]
		f.requests.shards[i].each(first, func(k ticket[request], _ int64, r *request) {
			if r.ctx != nil && !r.orphaned {
				f.suspects = append(f.suspects, suspect{k, r.ctx})
			}
		})
		for _, s := range f.suspects {
			if s.ctx.Err() != nil {
				f.requests.with(s.ticket, func(r *request) { f.left(r, now) })
			}
		}
		clear(f.suspects)
	}
}

// left notes that the client of a request has left.
func (f *InFlight) left(r *request, now int64) {
	if r.left == 0 {
		r.left = now
	}
	if !r.orphaned && time.Duration(now-r.left) >= f.config.Grace {
		r.orphaned = true
		f.orphaned.Add(1)
	}
}

// fresh looks if nobody has for a while, and returns the time.
func (f *InFlight) fresh() int64 {
	now := f.requests.now()
	if time.Duration(now-f.looked.Load()) >= lookEvery {
		f.look(now)
	}
	return now
}

// Request is a request that runs.
type Request struct {
	// Method is that of HTTP, "" for other work.
	Method string `json:"method,omitzero"`
	// Route is that of the figures: of HTTP it is known here if InFlight.Middleware is
	// around an http.ServeMux, whatever InFlightConfig.Route says; else it is "".
	Route string `json:"route,omitzero"`
	// Path is the path without the query and with ids replaced: by the names that the
	// route has for them, or else by their kind. Of other work it is the route.
	Path string `json:"path"`
	// Age is for how long it runs.
	Age time.Duration `json:"age_ns"`
	// Left is for how long its client is known to have left, 0 if it has not.
	Left time.Duration `json:"left_ns,omitzero"`
	// Orphaned says that this is longer than InFlightConfig.Grace.
	Orphaned bool `json:"orphaned,omitzero"`
	// Sent is how many bytes of the response were written, with
	// InFlightConfig.CountBytes.
	Sent int64 `json:"sent_bytes,omitzero"`

	host string
	mux  router
}

// Requests lists up to n requests that run, the oldest first: for a page such as
// /debug/inflight. Paths are without what could be personal, as far as that can be
// told: see cardinality.RouteTemplate.
func (f *InFlight) Requests(n int) []Request {
	all := f.list(f.fresh(), func(*request) bool { return true })
	all = all[:min(len(all), max(n, 0))]
	for i := range all {
		all[i].findRoute()
		all[i].redact()
	}
	return all
}

// findRoute asks the mux for the route, with nothing but what routes are about. The mux
// may be somebody else's, and broken.
func (r *Request) findRoute() {
	mux, host := r.mux, r.host
	r.mux, r.host = nil, ""
	if mux == nil {
		return
	}
	defer func() { _ = recover() }()
	_, pattern := mux.Handler(&http.Request{Method: r.Method, Host: host, URL: &url.URL{Path: r.Path}})
	r.Route = shorten(pattern, maxPath)
}

// redact takes away from the path what tells one request from another: where the route
// says which parts do, these, and else what looks like an id.
func (r *Request) redact() {
	if path := strings.IndexByte(r.Route, '/'); path >= 0 && strings.ContainsRune(r.Route, '{') {
		r.Path = r.Route[path:]
		return
	}
	r.Path = shorten(cardinality.RouteTemplate(r.Path), maxPath)
}

// describe says what is known of a request that began at a moment, be it since now.
func (r *request) describe(now, at int64) Request {
	said := Request{
		Method: r.method, Route: r.route, Path: cmp.Or(r.path, r.route), Age: time.Duration(max(0, now-at)),
		Orphaned: r.orphaned, host: r.host, mux: r.mux,
	}
	if r.sent != nil {
		said.Sent = r.sent.Load()
	}
	if r.left != 0 {
		said.Left = time.Duration(max(1, now-r.left))
	}
	return said
}

// list copies the requests that are wanted, the oldest first.
func (f *InFlight) list(now int64, want func(*request) bool) (all []Request) {
	f.requests.each(first, func(_ ticket[request], at int64, r *request) {
		if want(r) {
			all = append(all, r.describe(now, at))
		}
	})
	slices.SortFunc(all, func(a, b Request) int { return cmp.Compare(b.Age, a.Age) })
	return all
}
