package flight_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

func newGroup[V any](t *testing.T, config flight.Config[V]) *flight.Group[string, V] {
	t.Helper()
	g, err := flight.New[string](config)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// slow returns a load that takes d, counts its calls and gives the number of
// the call.
func slow(calls *atomic.Int64, d time.Duration) func(context.Context) (int64, error) {
	return func(ctx context.Context) (int64, error) {
		n := calls.Add(1)
		select {
		case <-time.After(d):
			return n, nil
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

func TestHerdThatArrivesSlowerThanTheLoadCausesOneLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{Reuse: time.Second})
		var calls atomic.Int64
		var sources [4]atomic.Int64
		var herd sync.WaitGroup
		for i := range 1000 {
			herd.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond / 2) // over 500 ms; the load takes 50
				value, result, err := g.Do(t.Context(), "key", slow(&calls, 50*time.Millisecond))
				if value != 1 || err != nil {
					t.Errorf("caller %d got %d, %v", i, value, err)
				}
				sources[result.Source].Add(1)
			})
		}
		herd.Wait()
		if calls.Load() != 1 {
			t.Errorf("%d loads, want 1", calls.Load())
		}
		loaded, shared, reused := sources[flight.Loaded].Load(), sources[flight.Shared].Load(), sources[flight.Reused].Load()
		if loaded != 1 || shared < 90 || reused < 890 || loaded+shared+reused != 1000 {
			t.Errorf("%d loaded, %d shared, %d reused", loaded, shared, reused)
		}
	})
}

func TestKeysDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int64]
		var hung, quick atomic.Int64
		var wait sync.WaitGroup
		wait.Go(func() { g.Do(t.Context(), "slow", slow(&hung, time.Hour)) })
		synctest.Wait()
		begin := time.Now()
		_, result, err := g.Do(t.Context(), "quick", slow(&quick, time.Second))
		if err != nil || result.Source != flight.Loaded || time.Since(begin) != time.Second {
			t.Errorf("got %v, %v after %v", result, err, time.Since(begin))
		}
		wait.Wait()
	})
}

func TestWithoutReuseALaterCallerLoadsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int64]
		var calls atomic.Int64
		for want := range int64(3) {
			value, result, err := g.Do(t.Context(), "key", slow(&calls, 0))
			if value != want+1 || result.Source != flight.Loaded || err != nil {
				t.Errorf("call %d: got %d, %v, %v", want, value, result, err)
			}
		}
	})
}

func TestErrorReachesEveryCallerAndIsNotReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{Reuse: time.Minute})
		broken := errors.New("broken")
		var calls atomic.Int64
		fail := func(context.Context) (int64, error) {
			calls.Add(1)
			time.Sleep(time.Second)
			return 7, broken
		}
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				if value, result, err := g.Do(t.Context(), "key", fail); value != 7 || err != broken || result.Source == flight.None {
					t.Errorf("got %d, %v, %v", value, result, err)
				}
			})
		}
		wait.Wait()
		g.Do(t.Context(), "key", fail)
		if calls.Load() != 2 {
			t.Errorf("%d loads, want 2: the shared one and one after the error", calls.Load())
		}
	})
}

func TestTooManyWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int64]{MaxWaiters: 2})
		var calls, served, refused atomic.Int64
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() {
				_, _, err := g.Do(t.Context(), "key", slow(&calls, time.Second))
				switch {
				case err == nil:
					served.Add(1)
				case errors.Is(err, flight.ErrTooManyWaiters):
					refused.Add(1)
				}
			})
		}
		wait.Wait()
		if served.Load() != 3 || refused.Load() != 7 || calls.Load() != 1 {
			t.Errorf("%d served, %d refused, %d loads; want 3, 7, 1", served.Load(), refused.Load(), calls.Load())
		}
	})
}

func TestWrongConfigNamesTheField(t *testing.T) {
	forever := func(int) time.Duration { return time.Hour }
	for field, config := range map[string]flight.Config[int]{
		"Config.Reuse is -1ns":   {Reuse: -1},
		"ReuseFor is set":        {Reuse: 1, ReuseFor: forever},
		"Config.MaxWaiters is -": {MaxWaiters: -1},
	} {
		g, err := flight.New[string](config)
		if g != nil || err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("got %v, want an error with %q", err, field)
		}
	}
}

func TestWrongCallGetsAnErrorThatSaysWhatToPass(t *testing.T) {
	load := func(context.Context) (int, error) { return 1, nil }
	var g flight.Group[any, int]
	for _, c := range []struct {
		name string
		ctx  context.Context
		key  any
		fn   func(context.Context) (int, error)
		want string
	}{
		{"nil context", nil, "key", load, "context.Background()"},
		{"nil load", t.Context(), "key", nil, "fn is nil"},
		{"NaN", t.Context(), math.NaN(), load, "another key"},
		{"slice in an interface", t.Context(), []int{1}, load, "another key"},
		{"slice within a struct", t.Context(), struct{ x any }{[]int{1}}, load, "another key"},
	} {
		_, result, err := g.Do(c.ctx, c.key, c.fn)
		if err == nil || !strings.Contains(err.Error(), c.want) || result.Source != flight.None {
			t.Errorf("%s: got %v, %v, want an error with %q", c.name, result, err, c.want)
		}
	}
	g.Forget(math.NaN())
	g.Forget([]int{1})
	if _, _, ok := g.Lookup([]int{1}); ok {
		t.Error("found a key that cannot be a key")
	}
}
