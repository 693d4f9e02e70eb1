package singleflight_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/govitals/govitals/singleflight"
)

// collect runs the collector until a figure has a value, as cleanups run some
// time after a collection.
func collect(t *testing.T, g *singleflight.Group[string, []byte], name string, want float64) {
	t.Helper()
	for range 200 {
		runtime.GC()
		if figure(g, name) == want {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%s is %v, want %v", name, figure(g, name), want)
}

func TestBytesThatOnlyCallersHoldAreCounted(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{Reuse: time.Hour})
	var held [][]byte
	for range 3 {
		value, _, _ := g.Do(t.Context(), "key", sized(mib))
		held = append(held, value)
		g.Forget("key")
	}
	g.Do(t.Context(), "key", sized(mib))
	collect(t, g, "singleflight.pinned", 3*mib)
	collect(t, g, "singleflight.generations", 4)
	runtime.KeepAlive(held)
	held = nil
	collect(t, g, "singleflight.pinned", 0)
	collect(t, g, "singleflight.generations", 1)
	g.Forget("key")
	collect(t, g, "singleflight.generations", 0)
}

// A load that returns the same bytes each time makes one generation of them.
func TestSameValueLoadedAgainCountsOnce(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{})
	same := make([]byte, mib)
	for range 100 {
		g.Do(t.Context(), "key", func(context.Context) ([]byte, error) { return same, nil })
	}
	if n, pinned := figure(g, "singleflight.generations"), figure(g, "singleflight.pinned"); n != 1 || pinned != mib {
		t.Errorf("%v generations, %v bytes, want 1 MiB once", n, pinned)
	}
	runtime.KeepAlive(same)
}

var global [mib]byte

func TestMemoryThatIsNotOfTheHeapIsLeftAlone(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{})
	if _, _, err := g.Do(t.Context(), "key", func(context.Context) ([]byte, error) { return global[:], nil }); err != nil {
		t.Error(err)
	}
	if n := figure(g, "singleflight.generations"); n != 0 {
		t.Errorf("%v generations", n)
	}
}

func TestSlowCallersDoNotPileUpGenerations(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{MaxGenerations: 2})
	var held [][]byte
	for i := range 5 {
		value, result, err := g.Do(t.Context(), "key", func(context.Context) ([]byte, error) {
			b := make([]byte, mib)
			b[7] = byte(i)
			return b, nil
		})
		if want := min(i, 1); len(value) != mib || cap(value) != mib || value[7] != byte(want) || err != nil {
			t.Errorf("call %d: got the value of load %d, %v, want %d", i, value[7], err, want)
		}
		if isStale := result.Source == singleflight.Stale; isStale != (i >= 2) {
			t.Errorf("call %d: got %v", i, result)
		}
		held = append(held, value)
	}
	runtime.KeepAlive(held)
	held = nil
	collect(t, g, "singleflight.generations", 0)
	if _, result, _ := g.Do(t.Context(), "key", sized(mib)); result.Source != singleflight.Loaded {
		t.Errorf("when nobody holds one: got %v", result)
	}
}
