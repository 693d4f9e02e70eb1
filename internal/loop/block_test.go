package loop

import (
	"context"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/conform"
)

// reader waits for bytes that never come, as a step without a period.
type reader struct {
	loop    Loop
	arrived chan struct{}
}

func (r *reader) Start(ctx context.Context) error {
	released := make(chan struct{})
	return r.loop.Start(ctx, Config{
		Name:    "reader",
		Unblock: func() { close(released) },
		Step: func(context.Context) {
			select {
			case <-released:
			case <-r.arrived:
			}
		},
	})
}

func (r *reader) Close() error { return r.loop.Close() }

func TestBlockedStepLifecycle(t *testing.T) {
	conform.Lifecycle(t, &reader{}, func() conform.Starter { return &reader{arrived: make(chan struct{})} })
}

// A read of a pipe that nobody writes to waits in the netpoller, where no channel
// reaches it.
func TestCloseEndsAReadThatWaits(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var l Loop
	reading := make(chan struct{}, 1)
	err = l.Start(t.Context(), Config{Name: "pipe", Unblock: func() { in.Close() }, Step: func(context.Context) {
		reading <- struct{}{}
		in.Read(make([]byte, 1))
	}})
	if err != nil {
		t.Fatal(err)
	}
	<-reading
	for !waitsInRead() {
		runtime.Gosched()
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// waitsInRead reports whether a goroutine of ours waits for input.
func waitsInRead() bool {
	dump := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(dump[:runtime.Stack(dump, true)]), "\n\n") {
		if strings.Contains(stack, "IO wait") && strings.Contains(stack, "internal/loop.(*Loop).run") {
			return true
		}
	}
	return false
}

func TestStepsWithoutAPeriodThatDoNotReturnArePaced(t *testing.T) {
	for words, fail := range map[string]func(){
		"no input":       func() { panic("no input") },
		"runtime.Goexit": runtime.Goexit,
	} {
		synctest.Test(t, func(t *testing.T) {
			var l Loop
			var steps atomic.Int64
			err := l.Start(t.Context(), Config{Name: "bad", Unblock: func() {}, Step: func(context.Context) {
				if steps.Add(1) < 1000 { // else the clock of the bubble would never move
					fail()
				}
				time.Sleep(time.Hour)
			}})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute + time.Millisecond)
			if got := steps.Load(); got != 61 || !strings.Contains(l.Faults().Last, words) {
				t.Errorf("%d steps in a minute, want one per second; faults %+v", got, l.Faults())
			}
			_ = l.Close()
			time.Sleep(time.Hour) // for the step that a failing test left
		})
	}
}
