package singleflight_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/singleflight"
)

// TestStress mixes every way in which a call can end. It passes when each returns
// with a value of its own key or an error that it may get, and nothing is left.
func TestStress(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{
		Reuse: 200 * time.Microsecond, Stale: 200 * time.Microsecond, StaleIfError: time.Millisecond, ErrorReuse: 50 * time.Microsecond,
		LoadTimeout: 2 * time.Millisecond, AbandonAfter: 3 * time.Millisecond, MaxBytes: 64 << 10, MaxEntries: 4, MaxLoads: 3, MaxWaiters: 8,
		MaxGenerations: 4, Logger: slog.New(slog.DiscardHandler), OnHung: silent,
	})
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			for range 300 {
				callOnce(t, g)
			}
		})
	}
	wait.Wait()
	expectNothing(t, g)
}

// expectNothing waits until nothing is left: loads that their callers have left go on
// for a moment, and values are kept for one.
func expectNothing(t *testing.T, g *singleflight.Group[string, []byte]) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		left := remains(g)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left when all is over: %v", left)
		}
	}
}

// remains returns what a group still has that goes away by itself.
func remains(g *singleflight.Group[string, []byte]) map[string]float64 {
	left := map[string]float64{}
	for _, name := range []string{"entries", "held", "reserved", "waiting", "running loading", "running queued", "running hung"} {
		if n := figures(g)["singleflight."+name]; n != 0 {
			left[name] = n
		}
	}
	return left
}

func callOnce(t *testing.T, g *singleflight.Group[string, []byte]) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(100+rand.IntN(3000))*time.Microsecond)
	defer cancel()
	key := fmt.Sprint(rand.IntN(6))
	if rand.IntN(20) == 0 {
		g.Forget(key)
	}
	value, result, err := g.Do(ctx, key, func(ctx context.Context) ([]byte, error) {
		b := make([]byte, rand.IntN(40<<10)+1)
		copy(b, key)
		return b, misbehave(ctx)
	})
	switch {
	case err == nil && (string(value[:1]) != key || result.Source == singleflight.None):
		t.Errorf("key %s: got %q, %v", key, value[:1], result)
	case err != nil && !expected(err):
		t.Errorf("key %s: got %v", key, err)
	}
}

func misbehave(ctx context.Context) error {
	switch rand.IntN(12) {
	case 0:
		panic("stress")
	case 1:
		runtime.Goexit()
	case 2:
		return errDown
	case 3:
		<-ctx.Done()
		return ctx.Err()
	case 4:
		time.Sleep(5 * time.Millisecond) // hangs
	case 5:
		time.Sleep(100 * time.Microsecond)
	}
	return nil
}

func expected(err error) bool {
	var p *singleflight.PanicError
	for _, known := range []error{
		singleflight.ErrGoexit, singleflight.ErrTooManyWaiters, singleflight.ErrHung, errDown,
		context.DeadlineExceeded, context.Canceled, singleflight.ErrAbandoned,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, &p)
}

func TestKeysThatCannotBeKeysGetAnError(t *testing.T) {
	g := singleflight.New(singleflight.Config[any, int]{Reuse: time.Hour})
	defer g.Close()
	for _, key := range []any{math.NaN(), []int{1}, struct{ x any }{[]int{1}}, func() {}} {
		_, result, err := g.Do(t.Context(), key, func(context.Context) (int, error) { return 1, nil })
		if err == nil || !strings.Contains(err.Error(), "another key") || result.Source != singleflight.None {
			t.Errorf("%T: got %v, %v", key, result, err)
		}
		g.Forget(key)
		if _, _, ok := g.Lookup(key); ok {
			t.Errorf("%T: found", key)
		}
	}
	for _, key := range []any{nil, 1, "1", struct{ x any }{1}} {
		if value, _, err := g.Do(t.Context(), key, func(context.Context) (int, error) { return 1, nil }); value != 1 || err != nil {
			t.Errorf("%v: got %d, %v", key, value, err)
		}
	}
}

// Whatever the figures of a configuration, New takes it or names what is wrong, and
// a group that there is answers.
func FuzzConfig(f *testing.F) {
	f.Add(int64(0), int64(0), int64(0), int64(0), 0, 0, 0, int64(1))
	f.Add(int64(time.Second), int64(time.Hour), int64(-1), int64(5), 3, 1, 2, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, reuse, stale, abandon, maxBytes int64, loads, waiters, entries int, cost int64) {
		config := singleflight.Config[string, int64]{
			Reuse: time.Duration(reuse), Stale: time.Duration(stale), AbandonAfter: time.Duration(abandon), MaxBytes: maxBytes,
			MaxLoads: loads, MaxWaiters: waiters, MaxEntries: entries, Cost: func(int64) int64 { return cost },
			OnHung: silent, Logger: slog.New(slog.DiscardHandler),
		}
		if err := config.Validate(); err != nil {
			if !strings.Contains(err.Error(), "Config.") {
				t.Error(err)
			}
			return
		}
		g := newGroup(t, config)
		for _, key := range []string{"a", "b", "a"} {
			if value, _, err := g.Do(t.Context(), key, number(4)); value != 4 && !errors.Is(err, singleflight.ErrHung) {
				t.Errorf("got %d, %v", value, err)
			}
		}
		if held := figure(g, "singleflight.held"); held < 0 || maxBytes > 0 && held > float64(maxBytes) {
			t.Errorf("%v bytes held of %d", held, maxBytes)
		}
	})
}
