package singleflight

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// load is one that runs, or queues, and the context of the user's function.
type load[K comparable, V any] struct {
	context.Context                 // flight, and Config.LoadTimeout
	flight          context.Context // what the engine knows the flight by
	caller          context.Context // whose values may be seen, nil if none
	group           *Group[K, V]
	shard           *shard[K, V]
	key             K
	id              uint64
	background      bool // begun for nobody
	nested          bool // begun by another load of the group
	born            time.Time
	began           atomic.Int64 // after born, in nanoseconds; 0 in the queue
	seated          atomic.Bool
	reserved        atomic.Int64

	// Under shard.mu:
	older     *load[K, V] // of the same key, hung or forgotten
	forgotten bool        // its value must not be kept
	hung      bool
	hurry     context.CancelCauseFunc // takes it out of the queue, nil if it never was there
	done      chan struct{}           // set by Close, closed at the end
}

// inside is the key under which the context of a load carries it.
type inside struct{}

// Value implements [context.Context]: it shows what Config.Values allows.
func (l *load[K, V]) Value(key any) any {
	switch {
	case key == inside{}:
		return l
	case l.caller != nil && slices.Contains(l.group.config.Values, key):
		return l.caller.Value(key)
	}
	return l.Context.Value(key)
}

// lead is what runs in a flight: it loads the value, unless it is there by now.
// That another flight has ended since the caller looked is why a herd without
// this look causes more than one load.
func (g *Group[K, V]) lead(flight, caller context.Context, s *shard[K, V], key K, fn func(context.Context) (V, error), background bool) (*entry[K, V], error) {
	if e, _, freshness := s.look(key, &g.config); freshness == fresh {
		return e, nil
	}
	if err := g.recentError(s, key); err != nil {
		return nil, err
	}
	if e := g.extend(key); e != nil {
		return e, nil
	}
	l := &load[K, V]{Context: flight, flight: flight, group: g, shard: s, key: key, id: g.ids.Add(1), background: background, born: time.Now()}
	if len(g.config.Values) > 0 {
		l.caller = caller
	}
	l.nested = g.isWithin(caller)
	return l.run(fn)
}

// run does all of a load. What is deferred runs also if fn panics or calls
// runtime.Goexit.
func (l *load[K, V]) run(fn func(context.Context) (V, error)) (e *entry[K, V], err error) {
	if err := l.shard.board(l); err != nil {
		return nil, err
	}
	result := unknown
	defer func() {
		if result != unknown {
			l.end(result, err)
			return
		}
		value := recover()
		if value == nil {
			l.end(goexit, ErrGoexit)
			return
		}
		l.end(panicked, fmt.Errorf("the load panicked: %v", value))
		panic(value) // for the engine, which tells all callers
	}()
	if err := l.takeRoom(); err != nil {
		result = refused
		return nil, err
	}
	e, err = l.call(fn)
	result, err = l.judge(err)
	return e, err
}

// call calls fn and keeps its value.
func (l *load[K, V]) call(fn func(context.Context) (V, error)) (*entry[K, V], error) {
	config := &l.group.config
	if config.LoadTimeout > 0 {
		var cancel context.CancelFunc
		l.Context, cancel = context.WithTimeoutCause(l.flight, config.LoadTimeout, ErrLoadTimeout)
		defer cancel()
	}
	if config.AbandonAfter > 0 {
		defer time.AfterFunc(config.AbandonAfter, l.hang).Stop()
		l.Context = pprof.WithLabels(l.Context, pprof.Labels(labelKey, l.label()))
		pprof.SetGoroutineLabels(l)
	}
	l.began.Store(max(1, int64(time.Since(l.born))))
	value, err := fn(l)
	e := &entry[K, V]{key: l.key, value: value, load: l.id, at: time.Now()}
	if err == nil {
		e.size = max(0, config.Cost(value))
		l.keep(e)
	}
	return e, err
}

// label names the load in profiles.
func (l *load[K, V]) label() string {
	return l.group.config.Name + "/" + strconv.FormatUint(l.id, 10)
}

// judge says how a load has ended that returned err, and completes err.
func (l *load[K, V]) judge(err error) (outcome, error) {
	switch cause := context.Cause(l.Context); {
	case err == nil:
		return ok, nil
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
	l.older = s.loads[l.key]
	s.loads[l.key] = l
	return nil
}

// end makes the load unknown again and counts it.
func (l *load[K, V]) end(result outcome, err error) {
	l.giveRoomBack()
	hung := l.shard.leave(l)
	if hung {
		l.group.hung.Add(-1)
		return // was counted
	}
	l.group.totals.count(result, time.Since(l.born)-time.Duration(l.began.Load()))
	if l.background && result.isFailure() && l.shard.flights.Waiters(l.key) == 0 {
		l.group.config.Logger.Warn("govitals: a load in the background failed", "group", l.group.config.Name, "error", err)
	}
}

// leave removes l, and reports whether it was given up.
func (s *shard[K, V]) leave(l *load[K, V]) (hung bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.loads[l.key]; first != l {
		for ; first.older != l; first = first.older {
		}
		first.older = l.older
	} else if l.older != nil {
		s.loads[l.key] = l.older
	} else {
		delete(s.loads, l.key)
	}
	if l.done != nil {
		close(l.done)
	}
	return l.hung
}
