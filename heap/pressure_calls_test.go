package heap

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/loop"
)

func TestPressureKeepsTheLatestWhileACallRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, called, release := new(fakeMemory).set(85, 100), new(calls), make(chan bool)
		w := startPressure(t, memory, PressureConfig{At: []float64{0.5, 0.8, 0.9}, Drain: time.Hour}, func(ctx context.Context, p Pressure) {
			called.add(ctx, p)
			<-release
		})
		defer w.Close()
		pass()
		for _, used := range []uint64{95, 10, 55, 10, 82} { // the last one must be what is called next
			memory.set(used, 100)
			pass()
		}
		close(release)
		pass()
		if got := called.thresholds(); !slices.Equal(got, []float64{0.8, 0.8}) || called.seen[1].Used != 82 {
			t.Errorf("called with %+v, want 85 and then 82", called.seen)
		}
		if got := values(w); got["pressure.calls dropped"] != 2 || got["pressure.calls called"] != 2 {
			t.Errorf("counted %v, want 2 called and 2 dropped", got)
		}
	})
}

func TestDrainOutlivesTheEndOfTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		memory := new(fakeMemory).set(85, 100)
		w := newPressureWatch(memoryReader{memory.snapshot}, PressureConfig{Drain: 4 * time.Second}, nil)
		var ended error
		var took time.Duration
		w.call = func(ctx context.Context, _ Pressure) {
			began := time.Now()
			cancel() // as main does when the server is told to stop
			<-ctx.Done()
			ended, took = context.Cause(ctx), time.Since(began)
		}
		if err := w.start(ctx); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if ended != context.DeadlineExceeded || took != 4*time.Second {
			t.Errorf("the drain had %v and ended by %v, want its 4s and the deadline", took, ended)
		}
	})
}

func TestCloseNamesACallbackThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(fakeMemory).set(85, 100)
		var cancelled time.Time
		w := startPressure(t, memory, PressureConfig{Drain: time.Hour}, func(ctx context.Context, _ Pressure) {
			<-ctx.Done()
			cancelled = time.Now()
		})
		pass()
		began := time.Now()
		err := w.Close()
		if err == nil || !strings.Contains(err.Error(), "heap.OnPressure") || time.Since(began) != loop.CloseTimeout {
			t.Errorf("after %v Close gives %v, want an error that names heap.OnPressure", time.Since(began), err)
		}
		synctest.Wait()
		if cancelled.Sub(began) != loop.CloseTimeout {
			t.Errorf("its context was cancelled after %v, want when Close gave up", cancelled.Sub(began))
		}
		if err := w.Close(); err != nil {
			t.Errorf("the callback has ended, and Close gives %v", err)
		}
	})
}

func TestCallbackThatPanicsIsReportedAndCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, called := new(fakeMemory).set(85, 100), new(calls)
		w := startPressure(t, memory, PressureConfig{}, func(ctx context.Context, p Pressure) {
			called.add(ctx, p)
			panic("no server")
		})
		defer w.Close()
		pass()
		memory.set(95, 100)
		pass()
		if got := called.thresholds(); len(got) != 2 {
			t.Errorf("called for %v, want twice", got)
		}
		findings := w.Findings()
		if len(findings) != 1 || findings[0].State != finding.Unknown || !strings.Contains(findings[0].Summary, "no server") ||
			!strings.Contains(strings.Join(findings[0].How, " "), "TestCallbackThatPanics") {
			t.Errorf("findings are %+v, want one that names panic and function", findings)
		}
		if got := values(w)["pressure.calls panicked"]; got != 2 {
			t.Errorf("%v panics counted, want 2", got)
		}
	})
}
