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
	begin := time.Now()
	s.waiting.Add(1)
	within := g.isWithin(ctx)
	if within {
		s.enterUrgent(key)
	}
	e, how, err := g.fly(ctx, s, key, fn, begin)
	if err == errGivenUp {
		e, how, err = g.fly(ctx, s, key, fn, time.Now())
	}
	if within {
		s.leaveUrgent(key)
	}
	s.waiting.Add(-1)
	result := Result{Source: Source(how), Waited: time.Since(begin)}
	g.totals.wait.Record(result.Waited, 1)
	switch {
	case err == nil:
		result.Source, result.Age = e.source(result.Source)
		s.calls[result.Source].Add(1)
		return e.value, result, nil
	case how == flight.None && ctx.Err() != nil:
		var none V
		s.left.Add(1)
		return none, result, err
	}
	if err = own(err); isRefusal(err) {
		result.Source = None
	}
	return g.failed(s, key, e, result, err)
}

// source says where a caller got e from who took part in a flight: whoever began
// one may have found that the value of the flight before is there by now.
func (e *entry[K, V]) source(how Source) (Source, time.Duration) {
	switch {
	case e.extended:
		return Stale, max(0, time.Since(e.at))
	case how == Loaded && e.claimed.Swap(true):
		return Reused, max(0, time.Since(e.at))
	}
	return how, 0
}

// fly takes part in the flight of key.
func (g *Group[K, V]) fly(ctx context.Context, s *shard[K, V], key K, fn func(context.Context) (V, error), now time.Time) (*entry[K, V], flight.Source, error) {
	ticket, err := s.flights.Enter(ctx, key)
	if err != nil {
		return nil, flight.None, err
	}
	if ticket.Result.Source == flight.Loaded {
		ticket.Begin(g.newLoad(ctx, s, key, fn, now))
	}
	e, result, err := ticket.Wait(ctx)
	return e, result.Source, err
}

// failed answers a call whose load failed with err: with an older value if there
// is one that may stand in, and else with what the load returned.
func (g *Group[K, V]) failed(s *shard[K, V], key K, e *entry[K, V], result Result, err error) (V, Result, error) {
	if old, age, freshness := s.look(key, &g.config); freshness != gone {
		s.calls[Stale].Add(1)
		return old.value, Result{Source: Stale, Age: age, Waited: result.Waited}, nil
	}
	s.calls[result.Source].Add(1)
	if result.Source == None {
		g.totals.refuse.Store(time.Now().UnixNano())
	}
	var value V
	if e != nil {
		value = e.value
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
	l := g.newLoad(ctx, s, key, fn, time.Now())
	l.background = true
	began := s.flights.Start(key, func(flight context.Context) (*entry[K, V], error) {
		defer e.refreshing.Store(false)
		return l.Load(flight)
	})
	if !began {
		e.refreshing.Store(false)
	}
}
