package watch

import (
	"cmp"
	"context"
	"slices"
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
// be slow, or somebody else's code: no lock of a shard is held meanwhile.
func (f *InFlight) look(now int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looked = now
	for i := range f.requests.shards {
		f.suspects = f.suspects[:0]
		f.requests.shards[i].each(first, func(k ticket[request], _ int64, r *request) bool {
			if r.ctx != nil && !r.orphaned {
				f.suspects = append(f.suspects, suspect{k, r.ctx})
			}
			return true
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
	f.mu.Lock()
	stale := time.Duration(now-f.looked) >= lookEvery
	f.mu.Unlock()
	if stale {
		f.look(now)
	}
	return now
}

// Request is a request that runs.
type Request struct {
	// Method is that of HTTP, "" for other work.
	Method string `json:"method,omitzero"`
	// Path is the path with ids replaced by their kind and without the query, or
	// the route of other work.
	Path string `json:"path"`
	// Age is for how long it runs.
	Age time.Duration `json:"age_ns"`
	// Left is for how long its client is known to have left, 0 if it has not.
	Left time.Duration `json:"left_ns,omitzero"`
	// Orphaned says that this is longer than InFlightConfig.Grace.
	Orphaned bool `json:"orphaned,omitzero"`
}

// Requests lists up to n requests that run, the oldest first: for a page such as
// /debug/inflight. Paths are without what could be personal, as far as that can be
// told: see cardinality.RouteTemplate.
func (f *InFlight) Requests(n int) []Request {
	all := f.list(f.fresh(), func(*request) bool { return true })
	all = all[:min(len(all), max(n, 0))]
	for i := range all {
		all[i].Path = shorten(cardinality.RouteTemplate(all[i].Path), maxPath)
	}
	return all
}

// list copies the requests that are wanted, the oldest first.
func (f *InFlight) list(now int64, want func(*request) bool) (all []Request) {
	f.requests.each(first, func(_ ticket[request], at int64, r *request) bool {
		if want(r) {
			one := Request{Method: r.method, Path: cmp.Or(r.path, r.route), Age: time.Duration(now - at), Orphaned: r.orphaned}
			if r.left != 0 {
				one.Left = time.Duration(now - r.left)
			}
			all = append(all, one)
		}
		return true
	})
	slices.SortFunc(all, func(a, b Request) int { return cmp.Compare(b.Age, a.Age) })
	return all
}
