package singleflight_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight"
)

// What a load can do wrong that is no crash: see TestPitfalls for panics, Goexit,
// loads that hang or ask for their own key, and callers that leave.
func TestFaults(t *testing.T) {
	for name, check := range map[string]func(*testing.T){
		"it returns an error, and each caller gets that one": returnsAnError,
		"it returns an error and a value":                    returnsBoth,
		"it returns nil: an interface":                       func(t *testing.T) { returnsNil[any](t, nil) },
		"it returns nil: an error as a value":                func(t *testing.T) { returnsNil[error](t, nil) },
		"it returns nil: a pointer":                          func(t *testing.T) { returnsNil[*int](t, nil) },
		"it returns nil: a pointer within an interface":      func(t *testing.T) { returnsNil[any](t, (*int)(nil)) },
		"it returns nil: a pointer that is an error":         func(t *testing.T) { returnsNil[error](t, (*singleflight.PanicError)(nil)) },
		"Close while it runs, and its caller leaves":         closeAndLeave,
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, check) })
	}
}

func returnsAnError(t *testing.T) {
	g := newGroup(t, reuse(time.Hour))
	for _, err := range three(t, g, func(context.Context) (int64, error) { return 0, io.ErrNoProgress }) {
		if err != io.ErrNoProgress {
			t.Errorf("got %v", err)
		}
	}
}

// Both are handed on, as x/sync does, and the value is not kept.
func returnsBoth(t *testing.T) {
	g := newGroup(t, reuse(time.Hour))
	value, result, err := g.Do(t.Context(), "key", func(context.Context) (int64, error) { return 5, io.ErrNoProgress })
	if value != 5 || err != io.ErrNoProgress || result.Source != singleflight.Loaded {
		t.Errorf("got %d, %v, %v", value, result, err)
	}
	if _, _, ok := g.Lookup("key"); ok {
		t.Error("a value that came with an error is kept")
	}
}

// returnsNil expects a nil to be a value like any other: shared, kept, and of the
// type that it had.
func returnsNil[V comparable](t *testing.T, null V) {
	g := newGroup(t, singleflight.Config[string, V]{Reuse: time.Minute, Stale: time.Minute, MaxBytes: mib, MaxGenerations: 1})
	var loads atomic.Int64
	load := func(context.Context) (V, error) { loads.Add(1); time.Sleep(time.Second); return null, nil }
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if value, _, err := g.Do(t.Context(), "key", load); value != null || err != nil {
				t.Errorf("got %#v, %v", value, err)
			}
		})
	}
	all.Wait()
	for _, want := range []singleflight.Source{singleflight.Reused, singleflight.Stale} {
		if value, result, err := g.Do(t.Context(), "key", load); value != null || err != nil || result.Source != want {
			t.Errorf("later: got %#v, %v, %v, want %v", value, result, err, want)
		}
		time.Sleep(61 * time.Second)
	}
	if value, _, ok := g.Lookup("key"); value != null || !ok || loads.Load() != 2 {
		t.Errorf("after %d loads: got %#v, %v", loads.Load(), value, ok)
	}
}

func closeAndLeave(t *testing.T) {
	g := singleflight.New(singleflight.Config[string, int64]{})
	ctx, leave := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, _, err := g.Do(ctx, "key", func(ctx context.Context) (int64, error) { <-ctx.Done(); return 1, nil })
		got <- err
	}()
	synctest.Wait()
	leave()
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if err := <-got; !errors.Is(err, context.Canceled) && err != singleflight.ErrClosed {
		t.Errorf("got %v", err)
	}
}

// After 100,000 keys that nobody asks for again nothing is left of them, in the
// figures or in the heap. Few are kept at a time: the runtime does not give back what
// it has for timers and goroutines that there once were.
func TestManyKeysLeaveNothing(t *testing.T) {
	const keys, callers = 100_000, 4
	g := newGroup(t, singleflight.Config[string, []byte]{Reuse: 20 * time.Millisecond, MaxBytes: mib, MaxEntries: 256})
	ask := func(keys int) {
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				for i := caller; i < keys; i += callers {
					if _, _, err := g.Do(t.Context(), strconv.Itoa(i), sized(i%64)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		expectNothing(t, g)
	}
	ask(keys / 10)
	before := liveBytes()
	ask(keys)
	if grown := int64(liveBytes() - before); grown > 5*keys {
		t.Errorf("%d keys later the heap holds %d bytes more", keys, grown)
	}
}

// liveBytes returns what a collection leaves in the heap.
func liveBytes() uint64 {
	var m runtime.MemStats
	for range 2 { // what has a cleanup goes with the second one
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
