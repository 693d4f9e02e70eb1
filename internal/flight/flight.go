package flight

import (
	"context"
	"runtime/debug"
	"strconv"
	"time"
)

// call is what a caller brings along in case that it starts a flight.
type call[V any] struct {
	fn     func(context.Context) (V, error) // its value does not count if open
	open   bool                             // a call of Join
	opened V
}

// enter returns the flight that answers the call, and in which role the caller
// takes part: by starting it, by joining it, or by reusing its result.
func (g *Group[K, V]) enter(key K, c call[V]) (*flight[V], Result, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.enterLocked(key, c)
}

func (g *Group[K, V]) enterLocked(key K, c call[V]) (*flight[V], Result, error) {
	f, age, kept := g.kept(key)
	switch {
	case f == nil || !kept && !f.ended.IsZero():
		return g.start(key, c), Result{Source: Loaded}, nil
	case f.open != c.open:
		return nil, Result{}, errMixed
	case kept:
		return f, Result{Source: Reused, Age: age}, nil
	}
	return f, Result{Source: Shared}, g.join(f)
}

// kept returns the flight of key, nil if there is none, and the age of its
// result if that may still be handed out. The timer that drops it may be late,
// so the clock decides.
func (g *Group[K, V]) kept(key K) (*flight[V], time.Duration, bool) {
	f := g.flights[key]
	if f == nil || f.ended.IsZero() {
		return f, 0, false
	}
	age := time.Since(f.ended)
	return f, age, age < f.reuse
}

func (g *Group[K, V]) join(f *flight[V]) error {
	if limit := g.config.MaxWaiters; limit > 0 && f.waiters > limit {
		return ErrTooManyWaiters
	}
	f.waiters++
	return nil
}

// loading is the key under which the context of a load carries its flight.
type loading struct{}

// Value makes a flight the root of its load's context.
func (f *flight[V]) Value(key any) any {
	if key == (loading{}) {
		return f
	}
	return nil
}

// wait returns what came of f, in the role of result. The caller leaves when
// ctx ends first, or when it is the load itself.
func (g *Group[K, V]) wait(ctx context.Context, key K, f *flight[V], result Result) (V, Result, error) {
	var none V
	if ctx.Value(loading{}) == any(f) {
		g.leave(key, f)
		return none, Result{}, ErrOwnKey
	}
	select {
	case <-f.landed:
		return f.value, result, f.err
	case <-ctx.Done():
		g.leave(key, f)
		return none, Result{}, context.Cause(ctx)
	}
}

// start begins a new flight, in place of an expired one if there is one.
func (g *Group[K, V]) start(key K, c call[V]) *flight[V] {
	if expired := g.flights[key]; expired != nil {
		g.remove(key, expired)
	}
	if g.flights == nil {
		g.flights = make(map[K]*flight[V])
	}
	g.started++
	f := &flight[V]{Context: context.Background(), number: g.started, landed: make(chan struct{}), open: c.open, opened: c.opened, waiters: 1}
	ctx, cancel := context.WithCancelCause(f)
	f.cancel = cancel
	g.flights[key] = f
	fn := c.fn // without c.opened, which must be freed when it is removed
	g.engine.DoChan(strconv.FormatUint(f.number, 36), func() (any, error) {
		g.load(ctx, key, f, fn)
		return nil, nil
	})
	return f
}

// outcome is what came of a load.
type outcome[V any] struct {
	value V
	reuse time.Duration
	err   error
}

// load runs fn to its end. land is deferred because runtime.Goexit in fn runs
// deferred calls and nothing else; the error set first is the one that stands
// then.
func (g *Group[K, V]) load(ctx context.Context, key K, f *flight[V], fn func(context.Context) (V, error)) {
	out := outcome[V]{err: ErrGoexit}
	defer func() { g.land(key, f, out) }()
	out = g.call(ctx, key, f, fn)
}

// call turns a panic of user code into an error.
func (g *Group[K, V]) call(ctx context.Context, key K, f *flight[V], fn func(context.Context) (V, error)) (out outcome[V]) {
	returned := false
	defer func() {
		if !returned {
			out = outcome[V]{err: &PanicError{Value: recover(), Stack: debug.Stack()}}
		}
	}()
	out.value, out.err = fn(ctx)
	if out.err == nil {
		out.reuse = g.reuse(key, f, out.value)
	}
	returned = true
	return out
}

// reuse returns how long the result of f is handed out again: not at all if it
// was forgotten or abandoned.
func (g *Group[K, V]) reuse(key K, f *flight[V], value V) time.Duration {
	g.mu.Lock()
	current := g.flights[key] == f
	if f.open {
		value = f.opened
	}
	g.mu.Unlock()
	if !current {
		return 0
	}
	return g.config.reuse(value)
}

// land ends the flight: it keeps the result for reuse or drops it, and wakes
// everyone who waits, outside the lock. Nothing is left to do for a load that
// was given up.
func (g *Group[K, V]) land(key K, f *flight[V], out outcome[V]) {
	g.mu.Lock()
	if !f.ended.IsZero() {
		g.mu.Unlock()
		return
	}
	f.value, f.reuse, f.err, f.ended = out.value, out.reuse, out.err, time.Now()
	switch {
	case g.flights[key] != f: // forgotten or abandoned
	case f.reuse > 0:
		f.expiry = g.expireAfter(f.reuse, key, f.number)
	default:
		g.remove(key, f)
	}
	g.mu.Unlock()
	f.cancel(nil)
	close(f.landed)
}

// leave takes one caller off the flight. When the last one goes, nobody may
// join any more and the load is cancelled.
func (g *Group[K, V]) leave(key K, f *flight[V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leaveLocked(key, f)
}

func (g *Group[K, V]) leaveLocked(key K, f *flight[V]) {
	f.waiters--
	if f.waiters > 0 || !f.ended.IsZero() {
		return
	}
	g.remove(key, f)
	f.cancel(ErrAbandoned)
}

// expireAfter drops a kept result when its time is over. The timer knows the
// flight by number: a stopped timer may stay in the runtime's heap for a while
// and must not hold the value there.
func (g *Group[K, V]) expireAfter(d time.Duration, key K, number uint64) *time.Timer {
	return time.AfterFunc(d, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if f := g.flights[key]; f != nil && f.number == number {
			g.remove(key, f)
		}
	})
}

// remove takes f, and no flight that came after it, out of the group.
func (g *Group[K, V]) remove(key K, f *flight[V]) {
	var none V
	f.opened = none
	if f.expiry != nil {
		f.expiry.Stop()
	}
	if g.flights[key] == f {
		delete(g.flights, key)
	}
}
