package singleflight

import (
	"iter"
	"time"
)

// Flight is a load that has begun and not ended.
type Flight[K comparable] struct {
	// Key is what is loaded.
	Key K
	// Age is the time since a caller asked for it.
	Age time.Duration
	// Waiters is how many callers wait for it, none if it runs in the
	// background or was given up.
	Waiters int
	// Queued: it waits for a place or for room and does not run yet.
	Queued bool
	// Hung: it was given up after [Config.AbandonAfter] and still runs.
	Hung bool
	// Label is the value of the pprof label "singleflight" of its goroutine,
	// which is set if AbandonAfter is.
	Label string
}

// Flights returns the loads that run or queue, in no order, those included that
// were given up.
func (g *Group[K, V]) Flights() iter.Seq[Flight[K]] {
	return func(yield func(Flight[K]) bool) {
		if g == nil {
			return
		}
		for _, s := range g.shards {
			for _, f := range s.list(g.clock()) {
				if !yield(f) {
					return
				}
			}
		}
	}
}

func (s *shard[K, V]) list(now time.Duration) []Flight[K] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []Flight[K]
	for l := s.loads; l != nil; l = l.after {
		f := Flight[K]{Key: l.key, Age: max(0, now-l.born), Queued: !l.runs.Load(), Hung: l.hung, Label: l.label()}
		if s.wantsLocked(l) {
			f.Waiters = s.flights.Waiters(l.key)
		}
		all = append(all, f)
	}
	return all
}
