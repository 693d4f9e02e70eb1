package singleflight_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight"
)

type group = singleflight.Group[string, int64]

// The ways in which libraries of this kind are known to fail. Each row names what
// happens there; here all of them end well.
func TestPitfalls(t *testing.T) {
	for _, row := range []struct {
		name   string
		config singleflight.Config[string, int64]
		check  func(*testing.T, *group)
	}{
		{"the leader's context is cancelled, a follower lives: error to all", reuse(0), leaderLeaves},
		{"a follower's own deadline, the leader hangs: hung", reuse(0), followerLeaves},
		{"a load ignores its context and hangs: later callers hang", singleflight.Config[string, int64]{AbandonAfter: time.Second, OnHung: silent}, hungLoad},
		{"join after everyone has cancelled: dead result", reuse(time.Hour), joinAfterAll},
		{"runtime.Goexit in a load: waiters hang, or success with a zero value", reuse(time.Hour), goexits},
		{"panic in a load: the process dies", reuse(time.Hour), panics},
		{"a caller that comes between the look and the flight: second load", reuse(time.Minute), stragglers},
		{"a load asks for its own key: hung", reuse(0), ownKey},
		{"Forget while a load runs: it removes or replaces its successor", reuse(time.Hour), forgetOverlap},
		{"a nil function, a nil context: panic, or a key that hangs", reuse(0), nilArguments},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { row.check(t, newGroup(t, row.config)) })
		})
	}
}

func reuse(d time.Duration) singleflight.Config[string, int64] {
	return singleflight.Config[string, int64]{Reuse: d}
}

func silent(context.Context, singleflight.Hung[string]) {}

func leaderLeaves(t *testing.T, g *group) {
	var calls atomic.Int64
	ctx, leave := context.WithCancelCause(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, _, err := g.Do(ctx, "key", slow(&calls, time.Second)); err != io.ErrClosedPipe {
			t.Errorf("the leader got %v", err)
		}
	})
	synctest.Wait()
	wait.Go(func() {
		if value, result, err := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 1 || result.Source != singleflight.Shared || err != nil {
			t.Errorf("the follower got %d, %v, %v", value, result, err)
		}
	})
	synctest.Wait()
	leave(io.ErrClosedPipe)
	wait.Wait()
}

func followerLeaves(t *testing.T, g *group) {
	release := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() { g.Do(t.Context(), "key", stuck(release)) })
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	begin := time.Now()
	if _, result, err := g.Do(ctx, "key", number(1)); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second || result.Waited != time.Second {
		t.Errorf("got %v, %v after %v", result, err, time.Since(begin))
	}
	close(release)
	wait.Wait()
}

func hungLoad(t *testing.T, g *group) {
	release := make(chan struct{})
	var wait sync.WaitGroup
	for range 3 { // two callers whose load is replaced, the first of whom hangs again
		wait.Go(func() {
			if _, _, err := g.Do(t.Context(), "key", stuck(release)); err != singleflight.ErrHung {
				t.Errorf("a caller whose load hung twice got %v", err)
			}
		})
	}
	wait.Wait()
	begin := time.Now()
	if value, _, err := g.Do(t.Context(), "key", number(7)); value != 7 || err != nil || time.Since(begin) != 0 {
		t.Errorf("a later caller got %d, %v after %v", value, err, time.Since(begin))
	}
	close(release)
}

func joinAfterAll(t *testing.T, g *group) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	stubborn := func(context.Context) (int64, error) { time.Sleep(10 * time.Second); return -1, nil }
	g.Do(ctx, "key", stubborn)
	for range 2 { // at once, and after the load that nobody wanted has ended
		if value, _, err := g.Do(t.Context(), "key", number(3)); value != 3 || err != nil {
			t.Errorf("got %d, %v, want that of a new load", value, err)
		}
		time.Sleep(time.Minute)
	}
}

// three makes three callers share a load, and returns their errors.
func three(t *testing.T, g *group, fn func(context.Context) (int64, error)) []error {
	errs := make([]error, 3)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() {
			var value int64
			value, _, errs[i] = g.Do(t.Context(), "key", func(ctx context.Context) (int64, error) {
				time.Sleep(time.Second)
				return fn(ctx)
			})
			if value != 0 {
				t.Errorf("got the value %d of a load that failed", value)
			}
		})
	}
	wait.Wait()
	if value, _, err := g.Do(t.Context(), "key", number(3)); value != 3 || err != nil {
		t.Errorf("the next caller got %d, %v", value, err)
	}
	return errs
}

func goexits(t *testing.T, g *group) {
	for _, err := range three(t, g, func(context.Context) (int64, error) { runtime.Goexit(); return 1, nil }) {
		if err != singleflight.ErrGoexit {
			t.Errorf("got %v", err)
		}
	}
}

func explode(context.Context) (int64, error) { panic(io.ErrUnexpectedEOF) }

func panics(t *testing.T, g *group) {
	for _, err := range three(t, g, explode) {
		var p *singleflight.PanicError
		if !errors.As(err, &p) || !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.Contains(p.Stack, []byte("singleflight_test.explode")) {
			t.Errorf("got %v, want the panic with its stack", err)
		}
	}
}

func stragglers(t *testing.T, g *group) {
	var calls atomic.Int64
	var sources [5]atomic.Int64
	var herd sync.WaitGroup
	for i := range 2000 {
		herd.Go(func() {
			time.Sleep(time.Duration(i) * 100 * time.Microsecond) // over 200 ms; the load takes 50
			value, result, err := g.Do(t.Context(), "key", slow(&calls, 50*time.Millisecond))
			if value != 1 || err != nil {
				t.Errorf("got %d, %v", value, err)
			}
			sources[result.Source].Add(1)
		})
	}
	herd.Wait()
	if calls.Load() != 1 || sources[singleflight.Loaded].Load() != 1 {
		t.Errorf("%d loads, %d loaded, want 1, 1", calls.Load(), sources[singleflight.Loaded].Load())
	}
}

func ownKey(t *testing.T, g *group) {
	var fn func(ctx context.Context) (int64, error)
	fn = func(ctx context.Context) (int64, error) {
		value, _, err := g.Do(ctx, "key", fn)
		return value, err
	}
	if _, _, err := g.Do(t.Context(), "key", fn); err != singleflight.ErrOwnKey {
		t.Errorf("got %v", err)
	}
}

func forgetOverlap(t *testing.T, g *group) {
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
		t.Errorf("after Forget: got %d", value)
	}
	wait.Wait()
	if value, result, _ := g.Do(t.Context(), "key", slow(&calls, time.Second)); value != 2 || result.Source != singleflight.Reused {
		t.Errorf("the forgotten load replaced its successor: got %d, %v", value, result)
	}
}

func nilArguments(t *testing.T, g *group) {
	if _, _, err := g.Do(t.Context(), "key", nil); err == nil {
		t.Error("no error for a nil function")
	}
	var none context.Context
	if _, _, err := g.Do(none, "key", number(1)); err == nil {
		t.Error("no error for a nil context")
	}
	if value, _, err := g.Do(t.Context(), "key", number(1)); value != 1 || err != nil {
		t.Errorf("afterwards: got %d, %v", value, err)
	}
}
