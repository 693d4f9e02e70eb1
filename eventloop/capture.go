package eventloop

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/ringdir"
)

// Capture writes down what the process did when it stalled: the execution trace of
// the moment, if there is a recorder, a goroutine profile and, beside them, the cause
// with its evidence and who is to blame.
//
//	capture, err := eventloop.NewCapture(eventloop.CaptureConfig{Dir: "/var/lib/app/stalls", Probe: probe, Recorder: recorder})
//	err = capture.Start(ctx) // and defer capture.Close()
//
// A capture is a trace (.trace, for go tool trace and govitals stall), a profile
// (.pb.gz, for go tool pprof) and a description (.json). The trace is of the stall and
// about a second at most on both sides, however much the recorder holds. It delays the
// process itself: by 0.3 ms for a small one, by 20 ms with 10,000 goroutines. That time
// is cut out of the lag. Stalls that something outside of the process caused are not
// captured (frozen, host_contention): nothing in it is to blame.
//
// A Capture is a metric.Source and a finding.Source. It holds one goroutine between
// Start and Close, and a trace in memory, at most a quarter of MaxBytes, while one is
// written.
type Capture struct {
	config CaptureConfig
	ring   *ringdir.Dir // nil without CaptureConfig.Dir
	loop   loop.Loop
	wake   chan struct{}

	// What tests replace.
	goroutines func() int

	beaten time.Time  // by the goroutine of the loop alone
	ending sync.Mutex // held until our own recorder has stopped

	mu       sync.Mutex // held for a moment only
	recorder Recorder
	own      *ownRecorder // nil unless Record is set and it runs
	unhook   func() bool  // from the end of the context
	pending  *Stall
	taken    []time.Time // the latest captures, MaxPerHour of them
	seen     captured
}

// captured is what a Capture shows of itself.
type captured struct {
	written, limited, dropped, failed uint64

	stall    Stall // of the latest one
	culprits []finding.Culprit
	id       string
	traced   bool // the one with that id

	noTrace error // why there are no traces
	noName  error // why the latest trace has no culprits
	fault   error // why the latest one could not be written
}

// NewCapture returns a Capture that does nothing yet. The error is that of
// [CaptureConfig.Validate].
func NewCapture(config CaptureConfig) (*Capture, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	c := &Capture{config: config, wake: make(chan struct{}, 1), recorder: config.Recorder, goroutines: runtime.NumGoroutine}
	if config.Dir != "" {
		c.ring = ringdir.New(ringdir.Config{
			Dir: config.Dir, MaxBytes: config.MaxBytes, MaxFiles: maxCaptureFiles, Main: extSidecar, Last: maxCaptures,
		})
	}
	return c, nil
}

const (
	// maxCaptures and maxCaptureFiles bound the captures on disk.
	maxCaptures     = 30
	maxCaptureFiles = 3 * maxCaptures
)

// Start begins to capture the stalls of the Probe. The end of ctx has the effect of
// Close. A second Start, or one after Close, is an error, and so is a Probe that has
// another Capture. A recorder that cannot be started and a directory that cannot be
// written to are not: what is possible is done, and the findings say the rest.
func (c *Capture) Start(ctx context.Context) error {
	if c.wake == nil {
		return errors.New("eventloop: the Capture is a zero value: make it with NewCapture")
	}
	probe := c.config.Probe
	attached := probe.capture.CompareAndSwap(nil, c)
	err := c.loop.Start(ctx, loop.Config{Name: "eventloop.Capture", Every: ringdir.BeatEvery, Wake: c.wake, Step: c.step})
	switch {
	case err != nil:
		if attached {
			probe.capture.CompareAndSwap(c, nil)
		}
		return err
	case !attached:
		return errors.Join(errors.New("eventloop: the Probe has another Capture: close that first"), c.loop.Close())
	}
	c.record()
	c.mu.Lock()
	c.unhook = context.AfterFunc(ctx, c.release)
	c.mu.Unlock()
	if c.ring != nil {
		c.noteDisk(c.ring.Check(time.Now()))
	}
	if !c.loop.Running() { // it was closed meanwhile
		c.release()
	}
	return nil
}

// Close stops capturing and returns when the goroutine has gone; a capture that is
// being written is finished. It works on the zero value, and any number of times.
func (c *Capture) Close() error {
	if c.wake == nil {
		return nil
	}
	err := c.loop.Close()
	c.release() // not before: a Start that goes on meanwhile might start the recorder after it
	return err
}

// record starts our own recorder if it is wanted.
func (c *Capture) record() {
	if !c.config.Record {
		return
	}
	own, err := startRecorder()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.seen.noTrace = fmt.Errorf("the flight recorder cannot be started, as the process has one already or is being traced (%w)", err)
		return
	}
	c.recorder, c.own = own, own
}

// release detaches from the probe and stops our own recorder.
func (c *Capture) release() {
	c.ending.Lock()
	defer c.ending.Unlock()
	c.config.Probe.capture.CompareAndSwap(c, nil)
	c.mu.Lock()
	if c.unhook != nil {
		c.unhook()
	}
	own := c.own
	c.own = nil
	if own != nil {
		c.recorder = nil
	}
	c.mu.Unlock()
	if own != nil {
		own.stop() // waits for a capture that is being written
	}
}

// stalled has a stall captured soon. It never blocks.
func (c *Capture) stalled(s Stall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch now := time.Now(); {
	case s.Cause == CauseFrozen || s.Cause == CauseHostContention || s.Lag < c.config.MinLag:
		return
	case !c.allowed(now):
		c.seen.limited++
		return
	case c.pending != nil:
		c.seen.dropped++
		return
	}
	c.pending = &s
	select {
	case c.wake <- struct{}{}:
	default: // it is being woken already
	}
}

// allowed reports whether one more capture is within MinInterval and MaxPerHour.
func (c *Capture) allowed(now time.Time) bool {
	n := len(c.taken)
	if n == 0 {
		return true
	}
	if now.Sub(c.taken[n-1]) < c.config.MinInterval {
		return false
	}
	return n < c.config.MaxPerHour || now.Sub(c.taken[0]) >= time.Hour
}

// step writes what waits and shows other processes that this one lives.
func (c *Capture) step(context.Context) {
	now := time.Now()
	if c.ring != nil && now.Sub(c.beaten) >= ringdir.BeatEvery/2 {
		c.beaten = now
		_ = c.ring.Beat(now) // if it fails, writing fails too, and that is said
	}
	if stall, recorder := c.take(now); stall != nil {
		c.write(*stall, recorder, now)
	}
}

// take returns the stall that waits, nil if there is none, and notes its capture.
func (c *Capture) take(now time.Time) (*Stall, Recorder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stall := c.pending
	if stall != nil {
		c.pending = nil
		c.taken = append(c.taken[max(0, len(c.taken)+1-c.config.MaxPerHour):], now)
	}
	return stall, c.recorder
}
