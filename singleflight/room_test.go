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

func TestNoMoreLoadsRunThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{MaxLoads: 4})
		var running, most atomic.Int64
		begin := time.Now()
		var wait sync.WaitGroup
		for i := range 40 {
			wait.Go(func() {
				_, _, err := g.Do(t.Context(), fmt.Sprint(i), func(context.Context) (int64, error) {
					if n := running.Add(1); n > most.Load() {
						most.Store(n)
					}
					time.Sleep(time.Second)
					running.Add(-1)
					return 0, nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if most.Load() != 4 || time.Since(begin) != 10*time.Second {
			t.Errorf("%d loads ran at once, all took %v, want 4 and 10s", most.Load(), time.Since(begin))
		}
	})
}

func TestLoadInTheQueueCanBeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{MaxLoads: 1})
		var calls atomic.Int64
		var wait sync.WaitGroup
		wait.Go(func() { g.Do(t.Context(), "slow", slow(&calls, time.Hour)) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if _, _, err := g.Do(ctx, "key", number(1)); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
		wait.Wait()
		if value, _, err := g.Do(t.Context(), "key", number(1)); value != 1 || err != nil {
			t.Errorf("later: got %d, %v", value, err)
		}
	})
}

func TestTooManyWaitersAndTooLongAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{MaxLoads: 1, MaxWaiters: 2})
		var calls, served, refused atomic.Int64
		var wait sync.WaitGroup
		ask := func(key string) {
			wait.Go(func() {
				switch _, _, err := g.Do(t.Context(), key, slow(&calls, time.Second)); err {
				case nil:
					served.Add(1)
				case singleflight.ErrTooManyWaiters:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		for range 10 {
			ask("key")
		}
		if refused.Load() != 7 {
			t.Errorf("%d refused on one key, want 7 of 10", refused.Load())
		}
		for i := range 10 {
			ask(fmt.Sprint("other", i))
		}
		wait.Wait()
		if served.Load() != 5 || refused.Load() != 15 {
			t.Errorf("%d served, %d refused; want 3 of one key and 2 that queued", served.Load(), refused.Load())
		}
	})
}

// Loads that wait for other loads must not wait for their seats, too.
func TestLoadsWithinLoadsNeedNoSeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{MaxLoads: 2, MaxBytes: 16})
		var wait sync.WaitGroup
		for i := range 4 {
			wait.Go(func() {
				value, _, err := g.Do(t.Context(), fmt.Sprint("outer", i), func(ctx context.Context) (int64, error) {
					time.Sleep(time.Second)
					value, _, err := g.Do(ctx, fmt.Sprint("inner", i), number(5))
					return value, err
				})
				if value != 5 || err != nil {
					t.Errorf("got %d, %v", value, err)
				}
			})
		}
		wait.Wait()
	})
}

const mib = 1 << 20

func sized(n int) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return make([]byte, n), nil }
}

func TestValueThatIsTooLargeIsHandedOutAndNotKept(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{Reuse: time.Hour, MaxBytes: mib})
	for range 3 {
		if value, result, err := g.Do(t.Context(), "large", sized(mib+1)); len(value) != mib+1 || result.Source != singleflight.Loaded || err != nil {
			t.Errorf("got %d bytes, %v, %v", len(value), result, err)
		}
	}
	if figure(g, "singleflight.held") != 0 || figure(g, "singleflight.reserved") != 0 {
		t.Error("a value that is too large is still counted")
	}
	g.Do(t.Context(), "fits", sized(mib))
	if held := figure(g, "singleflight.held"); held != mib {
		t.Errorf("%v bytes held, want one value that just fits", held)
	}
}

func TestValueUsedLeastMakesRoom(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{Reuse: time.Hour, MaxBytes: 4 * mib})
	for _, key := range []string{"a", "b", "c", "d"} {
		g.Do(t.Context(), key, sized(mib))
	}
	for _, key := range []string{"a", "c", "d"} {
		g.Do(t.Context(), key, sized(mib))
	}
	g.Do(t.Context(), "e", sized(mib))
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true, "e": true} {
		if _, _, kept := g.Lookup(key); kept != want {
			t.Errorf("%s: kept is %v, want %v", key, kept, want)
		}
	}
	if held := figure(g, "singleflight.held"); held != 4*mib {
		t.Errorf("%v bytes held, want 4 MiB", held)
	}
}

func TestEntriesAreBounded(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, int64]{Reuse: time.Hour, MaxEntries: 100})
	for i := range 1000 {
		g.Do(t.Context(), fmt.Sprint(i), number(1))
	}
	if n := figure(g, "singleflight.entries"); n != 100 {
		t.Errorf("%v values kept, want 100", n)
	}
}

// What is held and reserved is asked all the time while many loads, whose sizes
// are not known before, compete for little room.
func TestBytesHeldAndReservedAreNeverAboveTheBound(t *testing.T) {
	const room = 8 * mib
	g := newGroup(t, singleflight.Config[string, []byte]{Reuse: 50 * time.Millisecond, Stale: 50 * time.Millisecond, MaxBytes: room, MaxLoads: 16})
	stop, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			now := figures(g)
			if held, reserved := now["singleflight.held"], now["singleflight.reserved"]; held+reserved > room {
				t.Errorf("%v bytes held and %v reserved", held, reserved)
			}
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Microsecond):
			}
		}
	}()
	var wait sync.WaitGroup
	for worker := range 16 {
		wait.Go(func() {
			for i := range 30 {
				n := (worker*31 + i*17) % 24
				if value, _, err := g.Do(t.Context(), fmt.Sprint(n), sized(n*mib/4)); err != nil || len(value) != n*mib/4 {
					t.Errorf("got %d bytes, %v", len(value), err)
				}
			}
		})
	}
	wait.Wait()
	close(stop)
	<-watched
	expectNothing(t, g)
	kept := false
	for try := 0; !kept && try < 20; try++ { // on a busy machine its time may be over before it is looked at
		if value, _, err := g.Do(t.Context(), "whole", sized(room)); err != nil || len(value) != room {
			t.Errorf("the whole room: got %d bytes, %v", len(value), err)
		}
		_, _, kept = g.Lookup("whole")
	}
	if !kept {
		t.Error("a value of the whole room is not kept: bytes were lost")
	}
}

// Loads of a size that is known before take no more than the bound at once.
func TestLoadsWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, []byte]{Reuse: time.Hour, MaxBytes: 64, MaxLoads: 1000})
		g.Do(t.Context(), "first", sized(16)) // typical from now on
		var running, most atomic.Int64
		var wait sync.WaitGroup
		for i := range 100 {
			wait.Go(func() {
				_, _, err := g.Do(t.Context(), fmt.Sprint(i), func(context.Context) ([]byte, error) {
					n := running.Add(1)
					if n > most.Load() {
						most.Store(n)
					}
					time.Sleep(time.Second)
					running.Add(-1)
					return make([]byte, 16), nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if most.Load() != 4 {
			t.Errorf("%d loads of 16 bytes ran at once in 64 bytes", most.Load())
		}
	})
}

// Room that others ask for at the same moment does not cost a value its place
// where there is enough.
func TestEveryKeyIsLoadedOnceWhereThereIsRoom(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{Reuse: time.Hour, MaxBytes: 1 << 40})
	var loads atomic.Int64
	var herd sync.WaitGroup
	for i := range 4000 {
		herd.Go(func() {
			_, _, err := g.Do(t.Context(), fmt.Sprint(i%200), func(context.Context) ([]byte, error) { loads.Add(1); return make([]byte, 64), nil })
			if err != nil {
				t.Error(err)
			}
		})
	}
	herd.Wait()
	if loads.Load() != 200 {
		t.Errorf("%d loads of 200 keys", loads.Load())
	}
}

// A load may wait for one that somebody else has put into the queue, or will.
func TestLoadThatOthersWaitForLeavesTheQueue(t *testing.T) {
	for name, first := range map[string]time.Duration{"queued before": time.Second, "queued after": 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			g := newGroup(t, singleflight.Config[string, int64]{MaxLoads: 2})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var wait sync.WaitGroup
			for _, key := range []string{"outer", "other"} {
				wait.Go(func() {
					value, _, err := g.Do(ctx, key, func(load context.Context) (int64, error) {
						time.Sleep(2 * time.Second)
						value, _, err := g.Do(load, "inner", number(5))
						return value, err
					})
					if value != 5 || err != nil {
						t.Errorf("%s: got %d, %v", name, value, err)
					}
				})
			}
			wait.Go(func() {
				time.Sleep(first)
				if value, _, err := g.Do(ctx, "inner", number(5)); value != 5 || err != nil {
					t.Errorf("%s: inner: got %d, %v", name, value, err)
				}
			})
			wait.Wait()
		})
	}
}
