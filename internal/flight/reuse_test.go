package flight_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/govitals/govitals/internal/flight"
)

func TestResultIsReusedUntilItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{Reuse: time.Minute})
		var calls atomic.Int64
		load := slow(&calls, time.Second)
		g.Do(t.Context(), "key", load)
		time.Sleep(59 * time.Second)
		value, result, _ := g.Do(t.Context(), "key", load)
		if want := (flight.Result{Source: flight.Reused, Age: 59 * time.Second}); value != 1 || result != want {
			t.Errorf("got %d, %v, want %v", value, result, want)
		}
		time.Sleep(time.Second)
		if value, result, _ := g.Do(t.Context(), "key", load); value != 2 || result.Source != flight.Loaded {
			t.Errorf("at the end of the minute: got %d, %v", value, result)
		}
	})
}

func TestReuseForDecidesOnEachResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{ReuseFor: func(n int64) time.Duration { return time.Duration(n-2) * time.Hour }})
		var calls atomic.Int64
		for i, want := range []int64{1, 2, 3, 3} { // the first two are worth -1 h and 0
			if value, _, _ := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != want {
				t.Errorf("call %d: got %d, want %d", i, value, want)
			}
		}
	})
}

func TestLookupNeitherLoadsNorWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{Reuse: time.Minute})
		var calls atomic.Int64
		var wait sync.WaitGroup
		wait.Go(func() { g.Do(t.Context(), "key", slow(&calls, time.Second)) })
		synctest.Wait()
		if _, _, ok := g.Lookup("key"); ok {
			t.Error("found a result while the load runs")
		}
		wait.Wait()
		time.Sleep(time.Second)
		if value, result, ok := g.Lookup("key"); value != 1 || result.Age != time.Second || !ok {
			t.Errorf("got %d, %v, %v", value, result, ok)
		}
		time.Sleep(time.Minute)
		if _, _, ok := g.Lookup("key"); ok {
			t.Error("found a result past its time")
		}
	})
}

func TestForgottenLoadServesItsCallersAndNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{Reuse: time.Hour})
		var calls atomic.Int64
		var wait sync.WaitGroup
		wait.Go(func() {
			if value, _, err := g.Do(t.Context(), "key", slow(&calls, 2*time.Second)); value != 1 || err != nil {
				t.Errorf("the caller of the forgotten load got %d, %v", value, err)
			}
		})
		synctest.Wait()
		g.Forget("key")
		if value, _, _ := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 2 {
			t.Errorf("after Forget: got %d, want a new load", value)
		}
		wait.Wait() // the forgotten load ends after its successor
		if value, result, _ := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 2 || result.Source != flight.Reused {
			t.Errorf("the forgotten load replaced its successor: got %d, %v", value, result)
		}
		g.Forget("key")
		if value, _, _ := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 3 {
			t.Errorf("Forget of a kept result: got %d, want a new load", value)
		}
	})
}

// freed loads a value and returns a way to ask whether it was collected.
func freed(t *testing.T, g *flight.Group[string, *[1 << 20]byte]) func() bool {
	value, _, err := g.Do(t.Context(), "key", func(context.Context) (*[1 << 20]byte, error) { return new([1 << 20]byte), nil })
	if err != nil {
		t.Fatal(err)
	}
	pointer := weak.Make(value)
	return func() bool {
		runtime.GC()
		return pointer.Value() == nil
	}
}

func TestValueIsFreedWithoutAnotherCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[*[1 << 20]byte]{Reuse: time.Minute})
		isFreed := freed(t, g)
		if isFreed() {
			t.Error("freed while it may be reused")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !isFreed() {
			t.Error("still held after its time")
		}
		isFreed = freed(t, g)
		g.Forget("key")
		if !isFreed() {
			t.Error("still held after Forget")
		}
		runtime.KeepAlive(g)
	})
}
