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

// The context of a load with a LoadTimeout is made when somebody asks for it. However
// that is done, it ends as one of the standard library.
func TestDeadlineIsThatOfTheStandardLibrary(t *testing.T) {
	for name, asked := range map[string]func(load context.Context) context.Context{
		"itself":         func(load context.Context) context.Context { return load },
		"with a value":   func(load context.Context) context.Context { return context.WithValue(load, t, 1) },
		"with a timeout": func(load context.Context) context.Context { return within(t, load) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGroup(t, singleflight.Config[string, int64]{LoadTimeout: time.Second})
				_, _, err := g.Do(t.Context(), "key", func(load context.Context) (int64, error) {
					ctx, begin := asked(load), time.Now()
					if at, ok := ctx.Deadline(); !ok || !at.Equal(begin.Add(time.Second)) || ctx.Err() != nil || context.Cause(ctx) != nil {
						t.Errorf("at first: %v, %v, %v because of %v", at, ok, ctx.Err(), context.Cause(ctx))
					}
					causes := make(chan error, 1)
					context.AfterFunc(ctx, func() { causes <- context.Cause(ctx) })
					if cause := <-causes; cause != singleflight.ErrLoadTimeout || time.Since(begin) != time.Second {
						t.Errorf("AfterFunc saw the cause %v after %v", cause, time.Since(begin))
					}
					expectTimeout(t, ctx)
					return 0, ctx.Err()
				})
				if !errors.Is(err, singleflight.ErrLoadTimeout) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func within(t *testing.T, ctx context.Context) context.Context {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	t.Cleanup(cancel)
	return ctx
}

func expectTimeout(t *testing.T, ctx context.Context) {
	t.Helper()
	select {
	case <-ctx.Done():
	default:
		t.Error("Done is not closed")
	}
	if ctx.Err() != context.DeadlineExceeded || context.Cause(ctx) != singleflight.ErrLoadTimeout {
		t.Errorf("ended with %v because of %v", ctx.Err(), context.Cause(ctx))
	}
}

// Who asks only when the time is over finds it over, by whatever he asks.
func TestDeadlineThatIsAskedForLate(t *testing.T) {
	for name, ask := range map[string]func(load context.Context) bool{
		"Err":   func(load context.Context) bool { return load.Err() == context.DeadlineExceeded },
		"Cause": func(load context.Context) bool { return context.Cause(load) == singleflight.ErrLoadTimeout },
		"child": func(load context.Context) bool { return within(t, load).Err() == context.DeadlineExceeded },
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newGroup(t, singleflight.Config[string, int64]{LoadTimeout: time.Second})
			_, _, err := g.Do(t.Context(), "key", func(load context.Context) (int64, error) {
				time.Sleep(time.Second)
				if !ask(load) {
					t.Errorf("%s does not say that the time is over", name)
				}
				expectTimeout(t, load)
				return 0, load.Err()
			})
			if !errors.Is(err, singleflight.ErrLoadTimeout) {
				t.Errorf("%s: got %v", name, err)
			}
		})
	}
}

// The context of a load that has returned is over, whenever it is asked for.
func TestDeadlineOfALoadThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := singleflight.New(singleflight.Config[string, context.Context]{LoadTimeout: time.Hour})
		defer g.Close()
		for _, asks := range []bool{true, false} {
			load, _, _ := g.Do(t.Context(), fmt.Sprint(asks), func(load context.Context) (context.Context, error) {
				if asks {
					load.Done()
				}
				return load, nil
			})
			synctest.Wait()
			if <-load.Done(); load.Err() != context.Canceled {
				t.Errorf("asks %v: got %v", asks, load.Err())
			}
		}
	})
}

// One timer looks after all loads of a shard, and each is given up at its own time:
// those that begin while it runs, those that come from the queue, and those that come
// after a quiet time.
func TestEachLoadIsGivenUpAtItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{AbandonAfter: 10 * time.Second, MaxLoads: 1000, OnHung: silent})
		release := make(chan struct{})
		var wait sync.WaitGroup
		for round := range 2 {
			for i := range 64 { // more than there are shards
				wait.Go(func() {
					time.Sleep(time.Duration(i) * 700 * time.Millisecond)
					begin := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
					defer cancel()
					value, _, err := g.Do(ctx, fmt.Sprint(round, i), hangsOnce(release))
					if value != 8 || err != nil || time.Since(begin) != 10*time.Second {
						t.Errorf("load %d got %d, %v after %v", i, value, err, time.Since(begin))
					}
				})
			}
			wait.Wait()
			time.Sleep(time.Minute)
		}
		close(release)
	})
}

// hangsOnce returns a load that ignores its context the first time.
func hangsOnce(release <-chan struct{}) func(context.Context) (int64, error) {
	var hangs atomic.Bool
	return func(ctx context.Context) (int64, error) {
		if !hangs.Swap(true) {
			return stuck(release)(ctx)
		}
		return 8, nil
	}
}

func TestLoadFromTheQueueIsGivenUpByTheTimeItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{AbandonAfter: 10 * time.Second, LoadTimeout: time.Hour, MaxLoads: 1, OnHung: silent})
		release := make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() {
			g.Do(t.Context(), "first", func(context.Context) (int64, error) { time.Sleep(7 * time.Second); return 1, nil })
		})
		synctest.Wait()
		wait.Go(func() {
			value, result, err := g.Do(t.Context(), "second", func(ctx context.Context) (int64, error) {
				at, _ := ctx.Deadline()
				if left := time.Until(at); left != time.Hour {
					t.Errorf("%v are left when it begins", left)
				}
				return hangsOnce(release)(ctx)
			})
			if !errors.Is(err, singleflight.ErrHung) || result.Waited != 17*time.Second { // as many as MaxLoads hang: no second try
				t.Errorf("got %d, %v, %v", value, result, err)
			}
		})
		wait.Wait()
		close(release)
	})
}
