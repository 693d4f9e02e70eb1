package loop

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// CloseTimeout is how long Close waits for a step that ignores its context.
const CloseTimeout = 5 * time.Second

// MinEvery is the shortest period of a loop.
const MinEvery = time.Millisecond

// Errors that Start returns.
var (
	ErrStarted = errors.New("already started: call Start once")
	ErrClosed  = errors.New("already closed: make a new one to start again")
)

// Config says what a Loop does.
type Config struct {
	// Name says whose loop it is in errors: "heap.Monitor".
	Name string
	// Every is the period, at least MinEvery. 0 goes with Wake: no period.
	Every time.Duration
	// Wake runs a step out of turn for each value that it delivers. Default:
	// nil, steps run by period alone.
	Wake <-chan struct{}
	// Step is called once per period on the loop's goroutine. Its context ends
	// when the loop is closed. A step that takes longer than the period makes
	// the loop skip instants, never queue them.
	Step func(context.Context)
	// Unblock goes with a Step that waits for an occasion of its own, such as
	// a Read. Then neither Every nor Wake is used: one step follows the other,
	// and Unblock, called once when the context ends, makes the one that waits
	// return. Default: nil.
	Unblock func()
}

// Loop calls a step periodically from its own goroutine. The zero value is
// ready to be started, and to be closed without having been started.
type Loop struct {
	mu     sync.Mutex
	config Config
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has gone
	freed  chan struct{} // closed when Unblock has returned
	closed bool
	faults Faults
}

// Faults counts what went wrong in steps that did not return.
type Faults struct {
	// Count is the number of steps that panicked or called runtime.Goexit.
	Count int
	// Last describes the latest one: the panic value and its stack.
	Last string
}

// Start begins to tick. The end of ctx has the effect of Close. A second
// Start, or one after Close, is an error.
func (l *Loop) Start(ctx context.Context, config Config) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return fmt.Errorf("%s: %w", config.Name, ErrClosed)
	case l.done != nil:
		return fmt.Errorf("%s: %w", config.Name, ErrStarted)
	case config.Unblock == nil && config.Every < MinEvery && (config.Wake == nil || config.Every != 0):
		return fmt.Errorf("%s: period is %v: use at least %v", config.Name, config.Every, MinEvery)
	}
	ctx, l.cancel = context.WithCancel(ctx)
	l.config, l.done = config, make(chan struct{})
	l.unblockAtEnd(ctx)
	go l.run(ctx)
	return nil
}

// Close stops the loop and returns when its goroutine has gone. It works on a
// loop that was never started, and any number of times. If the step ignores
// its context for longer than CloseTimeout, Close gives up with an error.
func (l *Loop) Close() error {
	l.mu.Lock()
	l.closed = true
	cancel, done, name := l.cancel, l.done, l.config.Name
	l.mu.Unlock()
	if done == nil {
		return nil
	}
	cancel()
	patience := time.NewTimer(CloseTimeout)
	defer patience.Stop()
	select {
	case <-done:
		return nil
	case <-patience.C:
		return fmt.Errorf("%s: still running %v after Close: its step ignores the end of its context", name, CloseTimeout)
	}
}

// Running reports whether the loop was started and has not ended yet.
func (l *Loop) Running() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		return false
	}
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

// Faults returns what went wrong in steps so far.
func (l *Loop) Faults() Faults {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults
}

// run is the root frame of every goroutine that govitals starts for itself; by
// it the library recognises and leaves out its own goroutines.
func (l *Loop) run(ctx context.Context) {
	defer l.ended(ctx)
	if l.config.Unblock != nil {
		l.follow(ctx)
		return
	}
	timer := l.timer()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			l.step(ctx)
			timer.Reset(untilNext(time.Now(), l.config.Every))
		case <-l.config.Wake:
			l.step(ctx)
		}
	}
}

// timer returns a timer for the next instant, or one that never fires if there is
// no period.
func (l *Loop) timer() *time.Timer {
	if l.config.Every > 0 {
		return time.NewTimer(untilNext(time.Now(), l.config.Every))
	}
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return timer
}

// ended marks the loop as gone, unless its goroutine was ended by a step that
// called runtime.Goexit: then another takes over.
func (l *Loop) ended(ctx context.Context) {
	if ctx.Err() == nil {
		if l.config.Unblock != nil {
			pause(ctx)
		}
		go l.run(ctx)
		return
	}
	<-l.freed
	close(l.done)
}

// step reports whether Step returned.
func (l *Loop) step(ctx context.Context) (returned bool) {
	defer func() {
		if !returned {
			l.fault(recover())
		}
	}()
	l.config.Step(ctx)
	return true
}

// fault records a step that did not return. A nil value means runtime.Goexit,
// since panic(nil) has a value of its own (*runtime.PanicNilError).
func (l *Loop) fault(value any) {
	last := "the step called runtime.Goexit"
	if value != nil {
		last = fmt.Sprintf("the step panicked: %v\n%s", value, debug.Stack())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = Faults{Count: l.faults.Count + 1, Last: last}
}
