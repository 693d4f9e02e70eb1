package watch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/loop"
)

// maxFault is how much of a panic and its stack is kept.
const maxFault = 8 << 10

// Job is work that is done again and again. [NewJob] makes it. It is a
// metric.Source and a finding.Source.
type Job struct {
	config JobConfig
	now    func() time.Time
	made   time.Time

	mu     sync.Mutex
	record jobRecord
	cancel context.CancelFunc // of the Run that goes on
	done   chan struct{}      // closed when it has returned; nil before the first
	closed bool
}

// NewJob returns a Job that does not run yet. From now on it can be overdue: one
// that nobody ever runs is found too. It panics if the config makes no sense.
func NewJob(config JobConfig) *Job {
	return newJob(config, time.Now)
}

func newJob(config JobConfig, now func() time.Time) *Job {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	j := &Job{config: config.withDefaults(), now: now, made: now()}
	j.load()
	return j
}

// Run calls fn at once and then once every JobConfig.Every, on the goroutine of
// the caller, until ctx ends or Close is called; it returns when fn has returned.
// The error is nil then, unless a callback of JobConfig.OnOverdue still runs.
//
// A panic of fn is recovered, counted and shown with its stack, and the next run
// begins in its time. Only runtime.Goexit ends the goroutine of the caller: Run
// cannot prevent that, and the job is overdue in due course.
//
// Only one Run at a time is allowed; another is an error. Run may be called again
// when it has returned.
func (j *Job) Run(ctx context.Context, fn func(context.Context) error) (err error) {
	if fn == nil {
		return fmt.Errorf("watch: job %q: the function to run is nil: say what the job does", j.config.Name)
	}
	ctx, done, err := j.enter(ctx)
	if err != nil {
		return err
	}
	defer j.leave(done)
	var watcher loop.Loop
	if err := j.startWatcher(ctx, &watcher); err != nil {
		return err
	}
	defer func() { err = watcher.Close() }()
	j.repeat(ctx, fn)
	return nil
}

// Close ends the Run that goes on, as the end of its context does, and waits until
// it has returned, at most five seconds. It works on the zero value, and any number of
// times. fn must not call it.
func (j *Job) Close() error {
	j.mu.Lock()
	j.closed = true
	cancel, done := j.cancel, j.done
	j.mu.Unlock()
	if done == nil {
		return nil
	}
	if cancel != nil {
		cancel()
	}
	patience := time.NewTimer(loop.CloseTimeout)
	defer patience.Stop()
	select {
	case <-done:
		return nil
	case <-patience.C:
		return fmt.Errorf("watch: job %q still runs %v after Close: its function ignores the end of its context", j.config.Name, loop.CloseTimeout)
	}
}

func (j *Job) enter(ctx context.Context) (context.Context, chan struct{}, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil, nil, fmt.Errorf("watch: job %q: it was closed: make a new one", j.config.Name)
	}
	if j.cancel != nil {
		return nil, nil, fmt.Errorf("watch: job %q: it runs already: call Run once", j.config.Name)
	}
	ctx, j.cancel = context.WithCancel(ctx)
	j.done = make(chan struct{})
	return ctx, j.done, nil
}

func (j *Job) leave(done chan struct{}) {
	j.save(true)
	j.mu.Lock()
	j.cancel()
	j.cancel = nil
	j.mu.Unlock()
	close(done)
}

// repeat runs fn until the context ends.
func (j *Job) repeat(ctx context.Context, fn func(context.Context) error) {
	due := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if ctx.Err() != nil {
			return
		}
		j.once(ctx, fn)
		j.save(false)
		var wait time.Duration
		due, wait = j.next(due, time.Now())
		timer.Reset(wait)
	}
}

// next returns the moment after due at which the next run is to begin, without
// jitter, and how long it is until then, with it. All of it is by the monotonic
// clock, so a wall clock that is set does not matter.
func (j *Job) next(due, now time.Time) (time.Time, time.Duration) {
	due = due.Add(j.config.Every)
	if late := now.Sub(due); late > 0 {
		if j.config.Overlap == RunAtOnce {
			return now, 0
		}
		due = due.Add((late/j.config.Every + 1) * j.config.Every)
	}
	wait := due.Sub(now)
	if j.config.Jitter > 0 {
		wait += min(rand.N(j.config.Jitter), math.MaxInt64-wait)
	}
	return due, wait
}

// once makes one run, and notes how it ended even if the goroutine ends with it.
func (j *Job) once(ctx context.Context, fn func(context.Context) error) {
	if j.config.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, j.config.Timeout)
		defer cancel()
	}
	j.begin()
	ended, err := false, error(nil)
	defer func() {
		if ended {
			j.end(resultOf(ctx, err), err)
			return
		}
		j.end(RunPanicked, fault(recover()))
	}()
	err = fn(ctx)
	ended = true
}

// fault describes a run that did not return. A nil value means runtime.Goexit,
// since panic(nil) has a value of its own (*runtime.PanicNilError).
func fault(value any) error {
	if value == nil {
		return errors.New("the run called runtime.Goexit, which ended the goroutine of the job")
	}
	words := fmt.Sprintf("the run panicked: %v\n%s", value, debug.Stack())
	return errors.New(words[:min(len(words), maxFault)])
}

func resultOf(ctx context.Context, err error) RunResult {
	switch {
	case err == nil:
		return RunOK
	case errors.Is(ctx.Err(), context.Canceled):
		return RunCancelled
	}
	return RunFailed
}
