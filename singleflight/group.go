package singleflight

import (
	"context"
	"hash/maphash"
	"reflect"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/govitals/govitals/internal/flight"
)

// shards is how many parts a group has. Keys of one part share a lock.
const shards = 32

// Group shares loads among callers who ask for the same key. Make one with
// [New].
type Group[K comparable, V any] struct {
	config Config[K, V]
	seed   maphash.Seed
	plain  bool           // every K is a key
	shards []*shard[K, V] // nil in the zero Group
	store  *store[K, V]
	pins   *pins[K]
	seats  *semaphore.Weighted // of Config.MaxLoads
	ids    atomic.Uint64       // loads so far
	queued atomic.Int64        // loads that wait for a seat or for room
	hung   atomic.Int64        // loads that were given up and still run
	born   time.Time           // of what clock counts from
	totals totals
	report reporter[K, V]

	closed atomic.Bool
}

// New returns a Group. It panics with the error of [Config.Validate] if config
// is wrong.
func New[K comparable, V any](config Config[K, V]) *Group[K, V] {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	g := &Group[K, V]{config: config.withDefaults(), seed: maphash.MakeSeed(), plain: isPlain[K](), pins: newPins[K](shapeOf[V]()), born: time.Now()}
	g.store = newStore(&g.config, g.pins, g.shard)
	g.seats = semaphore.NewWeighted(int64(g.config.MaxLoads))
	g.shards = make([]*shard[K, V], shards)
	for i := range g.shards {
		g.shards[i] = newShard(g)
	}
	return g
}

// Do returns the value for key: one that is kept if it is fresh enough, that of
// the load that is running, or by calling fn on a goroutine of its own.
//
// fn gets a context that ends when all callers have left, at
// [Config.LoadTimeout], or with Close. It is not that of the caller, who leaves
// alone when ctx ends.
//
// The error is that of fn, a [PanicError], one of the errors of this package, or
// context.Cause(ctx) if ctx ended first. A ctx that has ended before the call
// gets nothing and starts nothing. The value is shared: do not change it.
func (g *Group[K, V]) Do(ctx context.Context, key K, fn func(context.Context) (V, error)) (V, Result, error) {
	var none V
	s, err := g.enter(ctx, key, fn == nil)
	if err != nil {
		return none, Result{}, err
	}
	e, age, freshness := s.look(key)
	switch freshness {
	case fresh:
		s.calls[Reused].Add(1)
		return e.value, Result{Source: Reused, Age: age}, nil
	case stale:
		s.calls[Stale].Add(1)
		g.refresh(ctx, s, key, e, fn)
		return e.value, Result{Source: Stale, Age: age}, nil
	}
	return g.wait(ctx, s, key, fn)
}

// enter returns the part of the group that key belongs to.
func (g *Group[K, V]) enter(ctx context.Context, key K, noLoad bool) (*shard[K, V], error) {
	if g == nil || g.shards == nil {
		return nil, errZero
	}
	s := g.shard(key)
	switch {
	case ctx == nil:
		return nil, errNilContext
	case noLoad:
		return nil, errNilLoad
	case s == nil:
		return nil, errNoKey
	case g.closed.Load():
		return nil, ErrClosed
	case ctx.Err() != nil:
		s.left.Add(1)
		return nil, context.Cause(ctx)
	}
	return s, nil
}

// shard returns the part of the group that key belongs to, nil if key cannot be
// found again in a map.
func (g *Group[K, V]) shard(key K) *shard[K, V] {
	if !g.plain && !flight.EqualsItself(key) {
		return nil
	}
	return g.shards[maphash.Comparable(g.seed, key)%shards]
}

// isPlain reports whether every value of K can be a key, which saves the look at
// each.
func isPlain[K comparable]() bool {
	switch kind := reflect.TypeFor[K]().Kind(); kind {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128, reflect.Interface, reflect.Array, reflect.Struct:
		return false
	}
	return true
}

// Lookup returns the value for key if one is kept that [Group.Do] would hand
// out. It neither loads nor waits.
func (g *Group[K, V]) Lookup(key K) (V, Result, bool) {
	var none V
	s, err := g.enter(context.Background(), key, false)
	if err != nil {
		return none, Result{}, false
	}
	e, age, freshness := s.look(key)
	switch freshness {
	case fresh:
		return e.value, Result{Source: Reused, Age: age}, true
	case stale:
		return e.value, Result{Source: Stale, Age: age}, true
	}
	return none, Result{}, false
}

// Forget makes the next call for key start a new load. A load that is running
// goes on for those who wait for it, and its result is not kept.
func (g *Group[K, V]) Forget(key K) {
	s, err := g.enter(context.Background(), key, false)
	if err != nil {
		return
	}
	s.forget(key)
	s.flights.Forget(key)
}

// clock returns the time since the group was made: one look at one clock, where
// time.Now looks at two.
func (g *Group[K, V]) clock() time.Duration { return time.Since(g.born) }
