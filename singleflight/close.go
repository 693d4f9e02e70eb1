package singleflight

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/internal/loop"
)

// Close turns all callers away with [ErrClosed], those who wait included, drops
// what is kept, ends the contexts of loads, and waits until they have returned.
// A load that ignores its context for 5 seconds is left behind with an error. It
// works on the zero Group and any number of times.
func (g *Group[K, V]) Close() error {
	if g == nil {
		return nil
	}
	g.closed.Store(true)
	var loads []*load[K, V]
	for _, s := range g.shards {
		loads = append(loads, s.close()...)
	}
	for _, l := range loads {
		l.shard.flights.GiveUp(l.flight, l.key, ErrClosed)
	}
	patience := time.NewTimer(loop.CloseTimeout)
	defer patience.Stop()
	for i, l := range loads {
		select {
		case <-l.done:
		case <-patience.C:
			return fmt.Errorf("singleflight: %d loads of group %q still run %v after Close: they ignore the end of their context",
				countOpen(loads[i:]), g.config.Name, loop.CloseTimeout)
		}
	}
	return g.report.wait(g.config.Name, patience.C)
}

// close drops everything and returns the loads that run or queue.
func (s *shard[K, V]) close() (loads []*load[K, V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for l := s.loads; l != nil; l = l.after {
		if l.done == nil {
			l.done = make(chan struct{})
		}
		loads = append(loads, l)
	}
	for _, e := range s.kept {
		s.dropLocked(e)
	}
	clear(s.failed)
	if s.watcher != nil {
		s.watcher.Stop()
	}
	return loads
}

func countOpen[K comparable, V any](loads []*load[K, V]) (n int) {
	for _, l := range loads {
		select {
		case <-l.done:
		default:
			n++
		}
	}
	return n
}
