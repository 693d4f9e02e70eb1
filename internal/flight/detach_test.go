package flight_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

var errGivenUp = errors.New("given up")

func TestStartedLoadOutlivesThoseWhoJoinIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{Reuse: time.Minute})
		var calls atomic.Int64
		if !g.Start("key", slow(&calls, time.Minute)) || g.Start("key", slow(&calls, time.Minute)) {
			t.Error("want one load to begin")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wait sync.WaitGroup
		wait.Go(func() { g.Do(ctx, "key", slow(&calls, time.Minute)) })
		synctest.Wait()
		if n := g.Waiters("key"); n != 1 {
			t.Errorf("%d wait, want the one who joined", n)
		}
		wait.Wait()
		if n := g.Waiters("key"); n != 0 {
			t.Errorf("%d wait when it has left", n)
		}
		time.Sleep(time.Minute)
		if value, _, ok := g.Lookup("key"); value != 1 || !ok || calls.Load() != 1 {
			t.Errorf("got %d, %v after %d loads, want the value of the load that was started", value, ok, calls.Load())
		}
		if g.Start("key", slow(&calls, 0)) {
			t.Error("a load began though its result is kept")
		}
	})
}

func TestGivenUpLoadReleasesItsCallersAndItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{Reuse: time.Hour})
		var load context.Context
		stubborn := func(ctx context.Context) (int64, error) {
			load = ctx
			time.Sleep(time.Minute)
			return -1, nil
		}
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				if value, _, err := g.Do(t.Context(), "key", stubborn); value != 0 || err != errGivenUp {
					t.Errorf("got %d, %v", value, err)
				}
			})
		}
		synctest.Wait()
		if !g.GiveUp(load, "key", errGivenUp) || g.GiveUp(load, "key", errGivenUp) {
			t.Error("want the flight to end once")
		}
		wait.Wait()
		if context.Cause(load) != errGivenUp {
			t.Errorf("the load ended for %v", context.Cause(load))
		}
		if value, _, err := g.Do(t.Context(), "key", func(context.Context) (int64, error) { return 2, nil }); value != 2 || err != nil {
			t.Errorf("the next caller got %d, %v", value, err)
		}
		time.Sleep(2 * time.Minute) // the load has returned
		if value, _, ok := g.Lookup("key"); value != 2 || !ok {
			t.Errorf("what was given up took the place of its successor: got %d, %v", value, ok)
		}
		if g.GiveUp(t.Context(), "key", errGivenUp) {
			t.Error("gave up what is no load")
		}
	})
}
