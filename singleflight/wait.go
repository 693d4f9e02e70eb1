package singleflight

import (
	"context"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

// wait answers a call for which no value is kept.
func (g *Group[K, V]) wait(ctx context.Context, s *shard[K, V], key K, fn func(context.Context) (V, error)) (V, Result, error) {
	if err := g.recentError(s, key); err != nil {
		return g.failed(s, key, nil, Result{Source: Reused}, err)
	}
	begin := g.clock()
	s.waiting.Add(1)
	o := order[K, V]{key: key, fn: fn, caller: ctx, nested: g.isWithin(ctx), born: begin}
	if o.nested {
		s.enterUrgent(key)
	}
	a, how, err := s.fly(o)
	if err == errGivenUp {
		o.born = g.clock()
		a, how, err = s.fly(o)
	}
	if o.nested {
		s.leaveUrgent(key)
	}
	s.waiting.Add(-1)
	result := Result{Source: Source(how), Waited: g.clock() - begin}
	g.totals.wait.Record(result.Waited, 1)
	switch {
	case err == nil:
		result.Source, result.Age = g.source(a, result.Source)
		s.calls[result.Source].Add(1)
		return a.value, result, nil
	case how == flight.None && ctx.Err() != nil:
		var none V
		s.left.Add(1)
		return none, result, err
	}
	if err = own(err); isRefusal(err) {
		result.Source = None
	}
	return g.failed(s, key, a, result, err)
}

// source says where a caller got a from who took part in a flight: whoever began
// one may have found that the value of the flight before is there by now.
func (g *Group[K, V]) source(a *answer[V], how Source) (Source, time.Duration) {
	switch {
	case a.extended:
		return Stale, max(0, g.clock()-a.at)
	case how == Loaded && a.claimed.Swap(true):
		return Reused, max(0, g.clock()-a.at)
	}
	return how, 0
}

// fly takes part in the flight of a key.
func (s *shard[K, V]) fly(o order[K, V]) (*answer[V], flight.Source, error) {
	var l *load[K, V] // nil unless the flight begins with this caller
	ticket, err := s.flights.Enter(o.caller, o.key, func() *flight.Flight[K, *answer[V]] {
		l = s.newLoad(o)
		return &l.place
	})
	if err != nil {
		return nil, flight.None, err
	}
	if l != nil {
		ticket.Begin(l)
	}
	a, result, err := ticket.Wait(o.caller)
	return a, result.Source, err
}

// failed answers a call whose load failed with err: with an older value if there
// is one that may stand in, and else with what the load returned.
func (g *Group[K, V]) failed(s *shard[K, V], key K, a *answer[V], result Result, err error) (V, Result, error) {
	if old, age, freshness := s.look(key); freshness != gone {
		s.calls[Stale].Add(1)
		return old.value, Result{Source: Stale, Age: age, Waited: result.Waited}, nil
	}
	s.calls[result.Source].Add(1)
	if isRefusal(err) {
		g.totals.refuse.Store(max(1, int64(g.clock())))
	}
	var value V
	if a != nil {
		value = a.value
	}
	return value, result, err
}

func (g *Group[K, V]) recentError(s *shard[K, V], key K) error {
	if g.config.ErrorReuse == 0 {
		return nil
	}
	return s.recent(key)
}

// refresh begins a load in the background, unless one runs.
func (g *Group[K, V]) refresh(ctx context.Context, s *shard[K, V], key K, e *entry[K, V], fn func(context.Context) (V, error)) {
	if !e.refreshing.CompareAndSwap(false, true) {
		return
	}
	l := s.newLoad(order[K, V]{key: key, fn: fn, caller: ctx, nested: g.isWithin(ctx), born: g.clock()})
	l.refreshes = &e.refreshing
	began := s.flights.Start(key, func(flight context.Context) (*answer[V], error) {
		defer l.refreshes.Store(false)
		return l.Load(flight)
	})
	if !began {
		l.refreshes.Store(false)
	}
}
