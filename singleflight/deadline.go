package singleflight

import (
	"context"
	"slices"
	"sync"
	"time"
)

// deadline is Config.LoadTimeout of one load. The context of the standard library that
// has a timer is made when somebody asks for its end, which a load that is fast never
// does.
type deadline struct {
	mu     sync.Mutex
	made   context.Context // nil until somebody asks
	cancel context.CancelFunc
}

// Deadline implements [context.Context].
func (l *load[K, V]) Deadline() (at time.Time, ok bool) {
	limit := l.group.config.LoadTimeout
	if limit == 0 {
		return at, false
	}
	return l.group.born.Add(l.start + limit), true
}

// Done implements [context.Context].
func (l *load[K, V]) Done() <-chan struct{} { return l.limited().Done() }

// Err implements [context.Context].
func (l *load[K, V]) Err() error { return l.context().Err() }

// inside is the key under which the context of a load carries it.
type inside struct{}

// Value implements [context.Context]: it shows what Config.Values allows.
func (l *load[K, V]) Value(key any) any {
	if key == (inside{}) {
		return l
	}
	if l.caller != nil && slices.Contains(l.group.config.Values, key) {
		return l.caller.Value(key)
	}
	if l.tag != nil {
		if labels := l.tag.Value(key); labels != nil {
			return labels
		}
	}
	return l.context().Value(key)
}

// context returns the context of l as it is now: that of its flight as long as the
// deadline makes no difference.
func (l *load[K, V]) context() context.Context {
	limit := l.group.config.LoadTimeout
	if limit > 0 && (l.deadline.isMade() || l.group.clock() >= l.start+limit) {
		return l.limited()
	}
	return l.flight
}

// limited returns the context of l with its deadline.
func (l *load[K, V]) limited() context.Context {
	at, ok := l.Deadline()
	if !ok {
		return l.flight
	}
	d := &l.deadline
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made == nil {
		d.made, d.cancel = context.WithDeadlineCause(l.flight, at, ErrLoadTimeout)
	}
	return d.made
}

func (d *deadline) isMade() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.made != nil
}

// release stops the timer, if there is one.
func (d *deadline) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cancel != nil {
		d.cancel()
	}
}
