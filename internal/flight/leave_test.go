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

var errBored = errors.New("bored")

func TestFirstCallerLeavesAndTheOthersAreServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int64]
		var calls atomic.Int64
		ctx, leave := context.WithCancelCause(t.Context())
		var wait sync.WaitGroup
		wait.Go(func() {
			if _, result, err := g.Do(ctx, "key", slow(&calls, time.Second)); err != errBored || result.Source != flight.None {
				t.Errorf("the first caller got %v, %v, want its own cause", result, err)
			}
		})
		synctest.Wait()
		wait.Go(func() {
			if value, result, err := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 1 || result.Source != flight.Shared || err != nil {
				t.Errorf("the second caller got %d, %v, %v", value, result, err)
			}
		})
		synctest.Wait()
		leave(errBored)
		wait.Wait()
	})
}

func TestWaiterLeavesAtItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int64]
		var calls atomic.Int64
		var wait sync.WaitGroup
		wait.Go(func() { g.Do(t.Context(), "key", slow(&calls, time.Hour)) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		_, _, err := g.Do(ctx, "key", slow(&calls, time.Hour))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("left with %v after %v", err, time.Since(begin))
		}
		wait.Wait()
	})
}

func TestLastCallerToLeaveCancelsTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int64]
		var cause atomic.Value
		load := func(ctx context.Context) (int64, error) {
			<-ctx.Done()
			cause.Store(context.Cause(ctx))
			return 0, nil
		}
		ctx, leave := context.WithCancelCause(t.Context())
		var wait sync.WaitGroup
		for range 5 {
			wait.Go(func() { g.Do(ctx, "key", load) })
		}
		synctest.Wait()
		if cause.Load() != nil {
			t.Fatal("cancelled while callers wait")
		}
		leave(errBored)
		wait.Wait()
		synctest.Wait()
		if cause.Load() != flight.ErrAbandoned {
			t.Errorf("the load ended for %v, want ErrAbandoned", cause.Load())
		}
	})
}

func TestNobodyJoinsAnAbandonedLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{Reuse: time.Hour})
		stubborn := func(context.Context) (int64, error) { // ignores its context
			time.Sleep(10 * time.Second)
			return -1, nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g.Do(ctx, "key", stubborn)

		var calls atomic.Int64
		value, result, err := g.Do(t.Context(), "key", slow(&calls, time.Second))
		if value != 1 || result.Source != flight.Loaded || err != nil {
			t.Errorf("after everyone left: got %d, %v, %v, want a new load", value, result, err)
		}
		time.Sleep(time.Minute) // the abandoned load has ended by now
		if value, _, _ := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 1 {
			t.Errorf("the abandoned load took the place of its successor: got %d", value)
		}
	})
}

func TestLeavingAForgottenLoadDoesNotRemoveItsSuccessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int64]
		var calls atomic.Int64
		ctx, leave := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		wait.Go(func() { g.Do(ctx, "key", slow(&calls, time.Second)) })
		synctest.Wait()
		g.Forget("key")
		wait.Go(func() { g.Do(t.Context(), "key", slow(&calls, time.Second)) })
		synctest.Wait()
		leave()
		synctest.Wait()
		if value, result, err := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 2 || result.Source != flight.Shared || err != nil {
			t.Errorf("got %d, %v, %v, want to join the second load", value, result, err)
		}
		wait.Wait()
	})
}

func TestEndedContextStartsNothing(t *testing.T) {
	g := newGroup(t, flight.Config[int64]{Reuse: time.Hour})
	ctx, leave := context.WithCancelCause(t.Context())
	leave(errBored)
	var calls atomic.Int64
	if _, _, err := g.Do(ctx, "key", slow(&calls, 0)); err != errBored || calls.Load() != 0 {
		t.Errorf("got %v after %d loads", err, calls.Load())
	}
}

func TestLoadSeesNoValuesOfItsFirstCaller(t *testing.T) {
	var g flight.Group[string, any]
	ctx := context.WithValue(t.Context(), user{}, "alice")
	seen, _, err := g.Do(ctx, "key", func(ctx context.Context) (any, error) { return ctx.Value(user{}), nil })
	if seen != nil || err != nil {
		t.Errorf("the load saw %v, %v", seen, err)
	}
}
