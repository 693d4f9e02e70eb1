package singleflight

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

// order is what a caller brings along in case that it begins a load.
type order[K comparable, V any] struct {
	key    K
	fn     func(context.Context) (V, error) // nil once it has begun
	caller context.Context                  // nil in a load that sees none of its values
	nested bool                             // caller is another load of the group
	born   time.Duration                    // by Group.clock
}

// load is one that runs, or queues, and the context of the user's function.
type load[K comparable, V any] struct {
	order[K, V]
	flight    context.Context              // what the engine knows the flight by
	place     flight.Flight[K, *answer[V]] // that, unless the load is in the background
	deadline  deadline
	tag       *tag      // nil without Config.AbandonAfter
	answer    answer[V] // what fn has returned
	group     *Group[K, V]
	shard     *shard[K, V]
	id        uint64
	refreshes *atomic.Bool // of the entry that it is to replace, nil if it was begun for a caller
	wasQueued bool
	result    outcome       // of run
	start     time.Duration // when it left the queue, by Group.clock; to be read if runs
	runs      atomic.Bool   // it is not in the queue
	end       time.Duration // 0 if nobody has looked at the clock yet
	seated    atomic.Bool
	reserved  atomic.Int64
	err       error

	// Under shard.mu:
	before, after *load[K, V] // in the list of the shard
	aboard        bool        // in that list
	forgotten     bool        // its value must not be kept
	hung          bool
	hurry         context.CancelCauseFunc // takes it out of the queue, nil if it never was there
	done          chan struct{}           // set by Close, closed at the end
}

// newLoad returns what a flight does. Only who begins one makes it.
func (s *shard[K, V]) newLoad(o order[K, V]) *load[K, V] {
	l := &load[K, V]{order: o, group: s.group, shard: s, id: s.group.ids.Add(1)}
	if len(s.group.config.Values) == 0 {
		l.caller = nil
	}
	return l
}

// Load loads the value, unless it is there by now. That another flight has ended
// since the caller looked is why a herd without this look causes more than one load.
func (l *load[K, V]) Load(flight context.Context) (*answer[V], error) {
	a, err := l.group.glance(l.shard, l.key)
	if a != nil || err != nil {
		return a, err
	}
	l.flight = flight
	if l.err = l.shard.board(l); l.err != nil {
		return nil, l.err
	}
	return l.run()
}

// glance returns what makes a load unnecessary, if there is something.
func (g *Group[K, V]) glance(s *shard[K, V], key K) (*answer[V], error) {
	if e, _, freshness := s.look(key); freshness == fresh {
		return &e.answer, nil
	}
	if err := g.recentError(s, key); err != nil {
		return nil, err
	}
	return g.extend(key), nil
}

// run does all of a load that is known.
func (l *load[K, V]) run() (*answer[V], error) {
	defer l.land()
	if l.err = l.takeRoom(); l.err != nil {
		l.result = refused
		return nil, l.err
	}
	l.begin()
	a := &l.answer
	a.value, l.err = l.call()
	a.at = l.group.clock()
	l.end = a.at
	if l.err == nil {
		a = l.keep()
	}
	l.result, l.err = l.judge(l.err)
	return a, l.err
}

// begin notes that the load is out of the queue, which needs no look at the clock
// if it never was in it.
func (l *load[K, V]) begin() {
	l.start = l.born
	if l.wasQueued {
		l.start = l.group.clock()
	}
	l.runs.Store(true)
}

// call calls fn.
func (l *load[K, V]) call() (V, error) {
	fn := l.fn
	l.fn = nil // what it holds is garbage once it has returned
	if config := &l.group.config; config.LoadTimeout > 0 || config.AbandonAfter > 0 {
		return l.guard(fn)
	}
	return fn(l)
}

// guard calls fn on a goroutine that can be found in a profile. It is no part of call,
// whose frame has to be small: see newShard.
func (l *load[K, V]) guard(fn func(context.Context) (V, error)) (V, error) {
	defer l.deadline.release()
	if l.tag != nil {
		pprof.SetGoroutineLabels(l)
	}
	return fn(l)
}

// judge says how a load has ended that returned err, and completes err.
func (l *load[K, V]) judge(err error) (outcome, error) {
	if err == nil {
		return ok, nil
	}
	switch cause := context.Cause(l); {
	case cause == ErrLoadTimeout && errors.Is(err, context.DeadlineExceeded):
		if !errors.Is(err, ErrLoadTimeout) {
			err = fmt.Errorf("%w: %w", ErrLoadTimeout, err)
		}
		return timeout, err
	case cause == ErrAbandoned || cause == ErrClosed:
		return abandoned, err
	}
	if d := l.group.config.ErrorReuse; d > 0 {
		l.shard.keepError(l, err, d)
	}
	return failed, err
}

// board makes a load known, unless the group is closed or too much of it hangs.
func (s *shard[K, V]) board(l *load[K, V]) error {
	if l.group.hung.Load() >= int64(l.group.config.MaxLoads) {
		return errAllHang
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if l.group.config.AbandonAfter > 0 {
		l.tag = s.takeTag(l.id)
		s.watch(l.born)
	}
	l.after, l.aboard = s.loads, true
	if l.after != nil {
		l.after.before = l
	}
	s.loads = l
	return nil
}

// land is deferred, and so runs also if fn panics or calls runtime.Goexit.
func (l *load[K, V]) land() {
	if l.result != unknown {
		l.finish()
		return
	}
	value := recover()
	if value == nil {
		l.result, l.err = goexit, ErrGoexit
		l.finish()
		return
	}
	l.result, l.err = panicked, fmt.Errorf("the load panicked: %v", value)
	l.finish()
	panic(value) // for the engine, which tells all callers
}

// finish makes the load unknown again and counts it.
func (l *load[K, V]) finish() {
	l.giveRoomBack()
	if l.shard.leave(l) {
		l.group.hung.Add(-1)
		return // was counted when it was given up
	}
	if l.end == 0 {
		l.end = l.group.clock()
	}
	l.group.totals.count(l.result, l.end-l.start)
	if l.refreshes != nil && l.result.isFailure() {
		l.tell()
	}
}

// tell logs what no caller gets to hear.
func (l *load[K, V]) tell() {
	if l.shard.flights.Waiters(l.key) == 0 {
		l.group.config.Logger.Warn("govitals: a load in the background failed", "group", l.group.config.Name, "error", l.err)
	}
}

// leave removes l, and reports whether it was given up.
func (s *shard[K, V]) leave(l *load[K, V]) (hung bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.after != nil {
		l.after.before = l.before
	}
	if l.before != nil {
		l.before.after = l.after
	} else {
		s.loads = l.after
	}
	l.before, l.after, l.aboard = nil, nil, false
	if l.tag != nil {
		s.giveTagBack(l.tag)
	}
	if l.done != nil {
		close(l.done)
	}
	return l.hung
}
