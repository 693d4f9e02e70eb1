package flight

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Group holds one flight for each key: a load that runs, or its result for as
// long as it is reused. The zero value is a group with the zero [Config]. A
// Group must not be copied after first use.
type Group[K comparable, V any] struct {
	config Config[V]
	engine singleflight.Group

	mu      sync.Mutex
	flights map[K]*Flight[K, V]
	most    int      // flights at a time since the map was made
	started uint64   // flights so far
	free    []string // names of flights that have landed, at most maxNames
}

// Flight is one load and what came of it, and the context of that load. A caller of
// [Group.Enter] has a zero one in what else it needs for a load, so that both are one
// allocation.
type Flight[K comparable, V any] struct {
	lifetime
	group      *Group[K, V]
	key        K
	name       string        // its key in the engine, whose keys are strings
	job        Load[V]       // nil once it has begun
	landed     chan struct{} // closed when the flight is over
	outcome[V]               // to be read when it has landed, and is not lost

	// Under Group.mu:
	opened     V     // zero as soon as nobody can join any more
	lost       error // set if it was given up
	keeping    *keeping
	waiters    int  // one more than callers if unattended
	unattended bool // begun by Start
	over       bool
	open       bool // started by Join: opened is the value, and value stays zero
}

// outcome is what came of a load.
type outcome[V any] struct {
	value V
	reuse time.Duration
	err   error
}

// keeping is what there is to know of a result that is kept.
type keeping struct {
	ended  time.Time
	expiry *time.Timer
}

// New returns a Group, or an error that names the field of config that is wrong.
func New[K comparable, V any](config Config[V]) (*Group[K, V], error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	return &Group[K, V]{config: config}, nil
}

// Do returns the value for key: from an earlier load if it may be reused, from
// the load that is running, or by calling fn on a goroutine of its own.
//
// The error is that of fn, a [PanicError], [ErrGoexit], [ErrTooManyWaiters],
// [ErrOwnKey], or context.Cause(ctx) if ctx ended first. A ctx that has ended
// before the call gets nothing and starts nothing.
func (g *Group[K, V]) Do(ctx context.Context, key K, fn func(context.Context) (V, error)) (V, Result, error) {
	var none V
	if err := check(ctx, key, fn == nil); err != nil {
		return none, Result{}, err
	}
	f, result, err := g.enter(key, alone[K, V])
	if err != nil {
		return none, Result{}, err
	}
	switch result.Source {
	case Reused:
		return f.value, result, nil
	case Loaded:
		f.begin(Func[V](fn))
	}
	return g.wait(ctx, key, f, result)
}

// Lookup returns the value for key if one is kept for reuse. It neither loads
// nor waits.
func (g *Group[K, V]) Lookup(key K) (V, Result, bool) {
	var none V
	if !EqualsItself(key) {
		return none, Result{}, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	f, age, kept := g.kept(key)
	if !kept {
		return none, Result{}, false
	}
	return f.handOut(), Result{Source: Reused, Age: age}, true
}

// alone returns a flight that is part of nothing.
func alone[K comparable, V any]() *Flight[K, V] { return new(Flight[K, V]) }

// handOut returns the value of a flight that is in the map. The caller holds
// Group.mu.
func (f *Flight[K, V]) handOut() V {
	if f.open {
		return f.opened
	}
	return f.value
}

// Forget makes the next call for key start a new load. A load that is running
// goes on for those who wait for it, and its result is not reused.
func (g *Group[K, V]) Forget(key K) {
	if !EqualsItself(key) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if f := g.flights[key]; f != nil {
		g.remove(key, f)
	}
}

func check[K comparable](ctx context.Context, key K, noLoad bool) error {
	switch {
	case ctx == nil:
		return errNilContext
	case noLoad:
		return errNilLoad
	case !EqualsItself(key):
		return errNoKey
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return nil
}

// EqualsItself reports whether a map can find key again. Comparing panics where
// an interface within K holds something that cannot be compared.
func EqualsItself[K comparable](key K) (ok bool) {
	defer func() { _ = recover() }()
	return key == key
}
