package singleflight_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight"
)

func TestHungLoadIsReplacedAndReportedOnceWithItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reports []singleflight.Hung[string]
		g := newGroup(t, singleflight.Config[string, int64]{
			Name: "catalog", Reuse: time.Hour, AbandonAfter: time.Second,
			OnHung: func(_ context.Context, h singleflight.Hung[string]) { reports = append(reports, h) },
		})
		release := make(chan struct{})
		hangsOnce := stuck(release)
		var calls atomic.Int64
		fn := func(ctx context.Context) (int64, error) {
			if calls.Add(1) == 1 {
				pprof.Do(ctx, pprof.Labels("of", "the user"), func(context.Context) {}) // must not lose our label
				return hangsOnce(ctx)
			}
			return 8, nil
		}
		var wait sync.WaitGroup
		for range 5 {
			wait.Go(func() {
				if value, result, err := g.Do(t.Context(), "key", fn); value != 8 || result.Waited != time.Second || err != nil {
					t.Errorf("a caller of the load that hung got %d, %v, %v, want the value of the next", value, result, err)
				}
			})
		}
		wait.Wait()
		synctest.Wait()
		if calls.Load() != 2 || len(reports) != 1 {
			t.Fatalf("%d loads, %d reports, want 2, 1", calls.Load(), len(reports))
		}
		h := reports[0]
		stack := strings.Join(h.Stack, "\n")
		if h.Key != "key" || h.Group != "catalog" || h.Age != time.Second || !strings.Contains(stack, "stuck") || strings.Contains(stack, "(*load") {
			t.Errorf("got %+v", h)
		}
		for f := range g.Flights() {
			if !f.Hung || f.Key != "key" || f.Waiters != 0 || f.Label != h.Label {
				t.Errorf("flight %+v", f)
			}
		}
		close(release)
		synctest.Wait()
		for f := range g.Flights() {
			t.Errorf("flight %+v after its end", f)
		}
	})
}

func TestStackIsReadAtMostOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stacks := map[string]bool{}
		g := newGroup(t, singleflight.Config[string, int64]{
			AbandonAfter: time.Second,
			OnHung:       func(_ context.Context, h singleflight.Hung[string]) { stacks[h.Key] = stacks[h.Key] || h.Stack != nil },
		})
		release := make(chan struct{})
		for _, key := range []string{"first", "second", "third"} {
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			g.Do(ctx, key, stuck(release))
			cancel()
			if key == "second" {
				time.Sleep(time.Minute)
			}
		}
		close(release)
		synctest.Wait()
		if want := map[string]bool{"first": true, "second": false, "third": true}; fmt.Sprint(stacks) != fmt.Sprint(want) {
			t.Errorf("stacks of %v, want %v", stacks, want)
		}
	})
}

func TestGroupRefusesWhenTooMuchHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{MaxLoads: 2, AbandonAfter: time.Second, OnHung: silent})
		release := make(chan struct{})
		g.Do(t.Context(), "key", stuck(release)) // hangs twice
		begin := time.Now()
		_, _, err := g.Do(t.Context(), "other", number(1))
		if err == nil || !strings.Contains(err.Error(), "as many hang") || time.Since(begin) != 0 {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
		close(release)
		synctest.Wait()
		if value, _, err := g.Do(t.Context(), "other", number(1)); value != 1 || err != nil {
			t.Errorf("when they have ended: got %d, %v", value, err)
		}
	})
}

func TestBrokenOnHungHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		broken := map[string]func(){"panics": func() { panic("broken") }, "goexits": runtime.Goexit, "returns": func() {}}
		told := map[string]int{}
		g := newGroup(t, singleflight.Config[string, int64]{
			AbandonAfter: time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			OnHung: func(_ context.Context, h singleflight.Hung[string]) { told[h.Key]++; broken[h.Key]() },
		})
		release := make(chan struct{})
		for _, key := range []string{"panics", "goexits", "returns"} {
			g.Do(t.Context(), key, stuck(release))
			synctest.Wait()
		}
		close(release)
		if want := map[string]int{"panics": 2, "goexits": 2, "returns": 2}; !maps.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
		if n := strings.Count(log.String(), "OnHung panicked"); n != 2 {
			t.Errorf("logged %d times:\n%s", n, log.String())
		}
	})
}

func TestFailureInTheBackgroundIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		g := newGroup(t, singleflight.Config[string, int64]{
			Reuse: time.Second, Stale: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		g.Do(t.Context(), "key", number(1))
		time.Sleep(time.Minute)
		for _, fn := range []func(context.Context) (int64, error){down, explode} {
			g.Do(t.Context(), "key", fn)
			synctest.Wait()
		}
		if !strings.Contains(log.String(), errDown.Error()) || !strings.Contains(log.String(), "unexpected EOF") {
			t.Errorf("logged:\n%s", log.String())
		}
	})
}
