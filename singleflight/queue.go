package singleflight

import (
	"context"
	"errors"
)

// Loads that wait for other loads of the group hold seats and bytes that those may
// queue for. So a load that another one waits for is urgent: it does not queue,
// whoever began it.

var errUrgent = errors.New("singleflight: another load waits for this one")

// queue waits with a load in the queue, if that is not too long. It reports true
// if the load has to run without what it waited for.
func (l *load[K, V]) queue(wait func(context.Context) error) (urgent bool, err error) {
	g := l.group
	l.wasQueued = true
	defer g.queued.Add(-1)
	if n, most := g.queued.Add(1), int64(g.config.MaxWaiters); most > 0 && n > most {
		return false, ErrTooManyWaiters
	}
	ctx, hurry := context.WithCancelCause(l.flight)
	defer hurry(nil)
	if l.shard.isUrgent(l, hurry) {
		return true, nil
	}
	if wait(ctx) == nil {
		return false, nil
	}
	if cause := context.Cause(ctx); cause != errUrgent {
		return false, cause
	}
	return true, nil
}

// isUrgent reports whether another load waits for l. If one comes later, hurry is
// called.
func (s *shard[K, V]) isUrgent(l *load[K, V], hurry context.CancelCauseFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.hurry = hurry
	return s.urgent[l.key] > 0
}

// enterUrgent says that a load waits for key from now on, until leaveUrgent.
func (s *shard[K, V]) enterUrgent(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urgent[key]++
	for l := range s.loadsOf(key) {
		if l.hurry != nil {
			l.hurry(errUrgent)
		}
	}
}

func (s *shard[K, V]) leaveUrgent(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.urgent[key]--; s.urgent[key] == 0 {
		delete(s.urgent, key)
	}
}

// isWithin reports whether ctx is that of a load of the group.
func (g *Group[K, V]) isWithin(ctx context.Context) bool {
	l, ok := ctx.Value(inside{}).(*load[K, V])
	return ok && l.group == g
}
