package loop

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/conform"
)

// starter fits a Loop to the lifecycle test.
type starter struct {
	loop Loop
	step func(context.Context)
}

func (s *starter) Start(ctx context.Context) error {
	return s.loop.Start(ctx, Config{Name: "test", Every: time.Second, Step: s.step})
}

func (s *starter) Close() error { return s.loop.Close() }

func TestLifecycle(t *testing.T) {
	conform.Lifecycle(t, &starter{}, func() conform.Starter {
		return &starter{step: func(context.Context) {}}
	})
}

func TestStepRunsOncePerPeriod(t *testing.T) {
	for _, every := range []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second, 7 * time.Second, time.Minute} {
		t.Run(every.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l Loop
				steps := 0
				start(t, &l, every, func(context.Context) { steps++ })
				time.Sleep(1000 * every)
				closeLoop(t, &l)
				if steps < 999 || steps > 1001 {
					t.Errorf("%d steps in 1000 periods", steps)
				}
			})
		})
	}
}

func TestLoopsShareWakeUps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fast, slow Loop
		var byFast, bySlow []time.Time
		start(t, &fast, time.Second, func(context.Context) { byFast = append(byFast, time.Now()) })
		time.Sleep(337 * time.Millisecond) // started at another moment
		start(t, &slow, 10*time.Second, func(context.Context) { bySlow = append(bySlow, time.Now()) })
		time.Sleep(10 * time.Minute)
		closeLoop(t, &fast)
		closeLoop(t, &slow)
		for _, at := range bySlow {
			if !slices.Contains(byFast, at) {
				t.Errorf("the 10 s loop woke the process on its own at %v", at)
			}
		}
		if len(bySlow) < 59 {
			t.Errorf("the 10 s loop ticked only %d times in 10 m", len(bySlow))
		}
	})
}

// A pace without jitter meets a periodic saw-tooth always at the same height.
func TestPaceIsJittered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Loop
		phases := map[time.Duration]bool{}
		start(t, &l, time.Second, func(context.Context) {
			phases[time.Duration(time.Now().Nanosecond())] = true
		})
		time.Sleep(100 * time.Second)
		closeLoop(t, &l)
		if len(phases) < 90 {
			t.Errorf("100 ticks met a period of 1 s at only %d different phases", len(phases))
		}
	})
}

func TestPanicAndGoexitDoNotEndTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Loop
		steps := 0
		start(t, &l, time.Second, func(context.Context) {
			steps++
			switch steps {
			case 1:
				panic("out of cheese")
			case 2:
				runtime.Goexit()
			}
		})
		time.Sleep(500 * time.Millisecond) // the first tick
		if last := l.Faults().Last; !strings.Contains(last, "out of cheese") || !strings.Contains(last, "loop_test.go") {
			t.Errorf("the fault lacks the panic value or the stack: %s", last)
		}
		time.Sleep(4 * time.Second)
		closeLoop(t, &l)
		if faults := l.Faults(); faults.Count != 2 || !strings.Contains(faults.Last, "Goexit") {
			t.Errorf("faults are %+v, want 2, the last one Goexit", faults)
		}
		if steps < 4 {
			t.Errorf("%d steps: the loop did not go on", steps)
		}
	})
}

func TestCloseNamesStepThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Loop
		release := make(chan struct{})
		start(t, &l, time.Second, func(context.Context) { <-release })
		time.Sleep(2 * time.Second)
		before := time.Now()
		err := l.Close()
		if err == nil || !strings.Contains(err.Error(), "test") {
			t.Errorf("Close: error is %v, want one that names the loop", err)
		}
		if took := time.Since(before); took != CloseTimeout {
			t.Errorf("Close gave up after %v, want %v", took, CloseTimeout)
		}
		close(release)
		closeLoop(t, &l)
	})
}

func TestStepSeesTheEndOfItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Loop
		start(t, &l, time.Second, func(ctx context.Context) { <-ctx.Done() })
		time.Sleep(2 * time.Second)
		closeLoop(t, &l)
	})
}

func TestStartRefusesTooShortAPeriod(t *testing.T) {
	var l Loop
	err := l.Start(t.Context(), Config{Name: "x", Every: time.Microsecond, Step: func(context.Context) {}})
	if err == nil || !strings.Contains(err.Error(), "1µs") {
		t.Errorf("error is %v, want one that names the period", err)
	}
}

func TestErrorsCanBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Loop
		start(t, &l, time.Second, func(context.Context) {})
		config := Config{Name: "test", Every: time.Second, Step: func(context.Context) {}}
		if err := l.Start(t.Context(), config); !errors.Is(err, ErrStarted) {
			t.Errorf("second Start: %v", err)
		}
		closeLoop(t, &l)
		if err := l.Start(t.Context(), config); !errors.Is(err, ErrClosed) {
			t.Errorf("Start after Close: %v", err)
		}
		if l.Running() {
			t.Error("a closed loop says that it runs")
		}
	})
}

func FuzzUntilNext(f *testing.F) {
	f.Add(int64(0), int64(time.Second))
	f.Add(int64(-1), int64(time.Millisecond))
	f.Add(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).UnixNano(), int64(time.Hour))
	f.Fuzz(func(t *testing.T, at, every int64) {
		const farAway = 1 << 61 // year 2043
		if at < 0 || at > farAway || every < int64(MinEvery) || every > int64(24*time.Hour) {
			t.Skip("no loop runs like that")
		}
		wait := untilNext(time.Unix(0, at), time.Duration(every))
		if wait <= 0 || wait > time.Duration(every)*5/4+1 {
			t.Errorf("at %d a loop of %v waits %v", at, time.Duration(every), wait)
		}
	})
}

func start(t *testing.T, l *Loop, every time.Duration, step func(context.Context)) {
	t.Helper()
	if err := l.Start(t.Context(), Config{Name: "test", Every: every, Step: step}); err != nil {
		t.Fatal(err)
	}
}

func closeLoop(t *testing.T, l *Loop) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func ExampleLoop() {
	var l Loop
	ticks := make(chan int, 1)
	err := l.Start(context.Background(), Config{
		Name: "example", Every: 10 * time.Millisecond,
		Step: func(context.Context) {
			select {
			case ticks <- 1:
			default: // nobody counts
			}
		},
	})
	fmt.Println(err, <-ticks, l.Close())
	// Output: <nil> 1 <nil>
}
