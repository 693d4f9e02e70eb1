package singleflight_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight"
)

var errDown = errors.New("origin is down")

func down(context.Context) (int64, error) { return 0, errDown }

func TestStaleValueIsHandedOutWhileOneLoadFetchesTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{Reuse: time.Minute, Stale: time.Minute})
		var calls atomic.Int64
		g.Do(t.Context(), "key", slow(&calls, time.Second))
		time.Sleep(90 * time.Second)
		for range 5 {
			value, result, err := g.Do(t.Context(), "key", slow(&calls, time.Second))
			if want := (singleflight.Result{Source: singleflight.Stale, Age: 90 * time.Second}); value != 1 || result != want || err != nil {
				t.Errorf("got %d, %v, %v, want the old value at once", value, result, err)
			}
		}
		time.Sleep(2 * time.Second)
		if value, result, _ := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 2 || result.Source != singleflight.Reused || calls.Load() != 2 {
			t.Errorf("got %d, %v after %d loads, want the value of the one refresh", value, result, calls.Load())
		}
		time.Sleep(2 * time.Minute)
		if value, result, _ := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 3 || result.Source != singleflight.Loaded {
			t.Errorf("past both times: got %d, %v", value, result)
		}
	})
}

func TestRefreshOutlivesItsCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{Reuse: time.Second, Stale: time.Minute})
		g.Do(t.Context(), "key", number(1))
		time.Sleep(2 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		var calls atomic.Int64
		g.Do(ctx, "key", slow(&calls, time.Second))
		cancel()
		time.Sleep(1500 * time.Millisecond)
		if _, result, ok := g.Lookup("key"); !ok || result.Source != singleflight.Reused || result.Age != 500*time.Millisecond {
			t.Errorf("got %v, %v, want the value of the refresh", result, ok)
		}
	})
}

// A refresh that hangs does not keep the value from being refreshed when it was given
// up.
func TestRefreshThatHangsIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{Reuse: time.Second, Stale: time.Hour, AbandonAfter: 10 * time.Second, OnHung: silent})
		release := make(chan struct{})
		g.Do(t.Context(), "key", number(1))
		for _, fn := range []func(context.Context) (int64, error){stuck(release), number(2)} {
			time.Sleep(20 * time.Second)
			if value, result, err := g.Do(t.Context(), "key", fn); value != 1 || result.Source != singleflight.Stale || err != nil {
				t.Errorf("got %d, %v, %v, want the old value", value, result, err)
			}
			synctest.Wait()
		}
		if value, result, _ := g.Do(t.Context(), "key", number(3)); value != 2 || result.Source != singleflight.Reused {
			t.Errorf("got %d, %v, want the value of the second refresh", value, result)
		}
		close(release)
	})
}

func TestOlderValueStandsInHoweverTheLoadFails(t *testing.T) {
	for name, fn := range map[string]func(context.Context) (int64, error){
		"error": down, "panic": explode,
		"timeout": func(ctx context.Context) (int64, error) { <-ctx.Done(); return 0, ctx.Err() },
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newGroup(t, singleflight.Config[string, int64]{Reuse: time.Second, StaleIfError: time.Minute, LoadTimeout: time.Second})
			g.Do(t.Context(), "key", number(1))
			time.Sleep(30 * time.Second)
			if value, result, err := g.Do(t.Context(), "key", fn); value != 1 || result.Source != singleflight.Stale || result.Age < 30*time.Second || err != nil {
				t.Errorf("%s: got %d, %v, %v", name, value, result, err)
			}
			if value, result, _ := g.Do(t.Context(), "key", number(2)); value != 2 || result.Source != singleflight.Loaded {
				t.Errorf("%s: the origin is back: got %d, %v", name, value, result)
			}
			time.Sleep(2 * time.Minute)
			if _, _, err := g.Do(t.Context(), "key", fn); err == nil {
				t.Errorf("%s: past its time: no error", name)
			}
		})
	}
}

func TestErrorIsReusedForItsTimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{ErrorReuse: time.Second})
		g.Do(t.Context(), "key", down)
		if _, result, err := g.Do(t.Context(), "key", number(1)); err != errDown || result.Source != singleflight.Reused {
			t.Errorf("got %v, %v, want the error of before", result, err)
		}
		time.Sleep(time.Second)
		if value, _, err := g.Do(t.Context(), "key", number(1)); value != 1 || err != nil {
			t.Errorf("a second later: got %d, %v", value, err)
		}
		g.Do(t.Context(), "other", down)
		g.Forget("other")
		if _, _, err := g.Do(t.Context(), "other", number(1)); err != nil {
			t.Errorf("after Forget: got %v", err)
		}
	})
}

// An error that each caller brought about by leaving says nothing about the key.
func TestErrorOfAnAbandonedLoadIsNotReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{ErrorReuse: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var calls atomic.Int64
		g.Do(ctx, "key", slow(&calls, time.Minute))
		synctest.Wait()
		if value, _, err := g.Do(t.Context(), "key", number(5)); value != 5 || err != nil {
			t.Errorf("got %d, %v", value, err)
		}
	})
}

func TestErrorsThatAreKeptAreFew(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, int64]{ErrorReuse: time.Hour})
	for i := range 9_000 {
		g.Do(t.Context(), fmt.Sprint(i), down)
	}
	kept := 0
	for i := range 9_000 {
		if _, result, _ := g.Do(t.Context(), fmt.Sprint(i), number(1)); result.Source == singleflight.Reused {
			kept++
		}
	}
	if kept == 0 || kept > 32*256 {
		t.Errorf("%d errors were kept, want some and at most 8192", kept)
	}
}

func TestLoadTimeoutIsToldApartFromTheCallersOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{LoadTimeout: time.Second})
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() {
				begin := time.Now()
				_, _, err := g.Do(t.Context(), "key", func(ctx context.Context) (int64, error) { <-ctx.Done(); return 0, ctx.Err() })
				if !errors.Is(err, singleflight.ErrLoadTimeout) || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
					t.Errorf("got %v after %v", err, time.Since(begin))
				}
			})
		}
		wait.Wait()
	})
}

func TestLoadSeesTheValuesThatAreAllowed(t *testing.T) {
	type trace struct{}
	type user struct{}
	g := newGroup(t, singleflight.Config[string, string]{Values: []any{trace{}}})
	ctx := context.WithValue(context.WithValue(t.Context(), user{}, "alice"), trace{}, "4711")
	seen, _, err := g.Do(ctx, "key", func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return fmt.Sprint(ctx.Value(trace{}), ctx.Value(user{})), nil
	})
	if seen != "4711<nil>" || err != nil {
		t.Errorf("the load saw %q, %v", seen, err)
	}
}
