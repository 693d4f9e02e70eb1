package vitals

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/leakguard"
)

// sizeEvery is the time between two readings for the advice on sizes.
const sizeEvery = 10 * time.Second

// Vitals watches the process it is part of. It is a metric.Source and a
// finding.Source. All methods may be called from any goroutine.
type Vitals struct {
	config      Config
	started     time.Time
	build       Build
	unsupported unsupported
	logger      *slog.Logger

	monitor    *heap.Monitor
	sites      *heap.Sites
	sizer      *heap.Sizer
	recorder   *heap.Recorder     // nil without Config.CaptureDir
	probe      *eventloop.Probe   // nil with Config.NoProbe
	capture    *eventloop.Capture // nil without Config.CaptureDir and NameStall
	goroutines *leakguard.Goroutines
	detector   *leakguard.Detector
	setup      *setup
	largest    largest
	life       *life
	past       *panelHistory
	compared   compared

	stepping loop.Loop // of sites, sizer, setup, largest, compared and life
	next     nextSteps
	stopEnd  func() bool // of what notes the end of the context, nil until started
	cancel   context.CancelFunc

	gate    *gate.Gate
	handler http.Handler

	mu          sync.Mutex
	sources     []finding.Source
	sizing      []finding.Finding // advice on sizes that somebody should act on
	collections collectionLog
	misuses     []finding.Finding // what was added wrongly, for the report
}

// Start begins to watch: live memory and who grows it, how long ready work waits and
// why, goroutines and their stacks, memory outside of Go, threads, descriptors,
// finalizers and cleanups that wait, the runtime's own profiles, and
// config.Signals. The end of ctx has the effect of [Vitals.Close]. The error is that of
// [Config.Validate]. A CaptureDir that cannot be used is none: Findings say so, and the
// rest is watched.
func Start(ctx context.Context, config Config) (*Vitals, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	v, err := build(config)
	if err != nil {
		return nil, fmt.Errorf("vitals: %w", err)
	}
	ctx, v.cancel = context.WithCancel(ctx)
	if err := v.start(ctx); err != nil {
		return nil, fmt.Errorf("vitals: %w", errors.Join(err, v.Close()))
	}
	return v, nil
}

func (v *Vitals) start(ctx context.Context) error {
	if err := v.monitor.Start(ctx); err != nil {
		return err
	}
	v.life.countKills(v.monitor.Snapshot().Kernel)
	_ = v.sites.Baseline() // Err says it in the heap report
	v.setup.look(v.started)
	err := v.stepping.Start(ctx, loop.Config{Name: "heap.Sites", Every: v.config.monitorInterval(), Step: v.step})
	if err != nil {
		return err
	}
	for _, part := range v.optional() {
		if err := part.Start(ctx); err != nil {
			return err
		}
	}
	v.stopEnd = context.AfterFunc(ctx, v.endLife)
	v.Watch(v.builtIn()...)
	v.Watch(v.config.Signals...)
	if err := v.past.Start(ctx); err != nil {
		return err
	}
	return v.detector.Start(ctx)
}

// runner is a part that runs.
type runner interface {
	Start(context.Context) error
	Close() error
}

// optional are the parts that run where Config asks for them.
func (v *Vitals) optional() (parts []runner) {
	if v.recorder != nil {
		parts = append(parts, v.recorder)
	}
	if v.probe != nil {
		parts = append(parts, v.probe)
	}
	if v.capture != nil {
		parts = append(parts, v.capture)
	}
	return parts
}

// nextSteps are the times at which the parts of a step are due.
type nextSteps struct{ sites, sizes time.Time }

// step follows up what is too dear for every tick of the monitor: who grows, what
// sizes would fit, how the process is set up; and keeps for the next process how
// this one is.
func (v *Vitals) step(context.Context) {
	now := time.Now()
	if isDue(&v.next.sites, now, v.config.stepInterval()) {
		v.sites.Step()
	}
	if isDue(&v.next.sizes, now, sizeEvery) {
		v.sizer.Observe(v.monitor)
		v.size(now)
	}
	v.setup.look(now)
	v.largest.look(now, v.guards)
	v.observeFigures(now)
	v.keepLife(now)
}

// isDue reports whether the time has come, and sets the next one. Ticks come a bit
// early or late.
func isDue(next *time.Time, now time.Time, every time.Duration) bool {
	if now.Before(next.Add(-every / 20)) {
		return false
	}
	*next = now.Add(every)
	return true
}

// size asks for advice on sizes, and notes how many collections there were.
func (v *Vitals) size(now time.Time) {
	verdict, _ := v.detector.Verdict("heap")
	advice, acts := heap.RightSize(v.sizer, verdict.State).Finding()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sizing = nil
	if acts {
		v.sizing = []finding.Finding{advice}
	}
	v.collections.add(now, v.monitor.Snapshot().Cycles)
}

// Watch begins to read signals. What cannot be watched (a nil signal, a name
// that is taken, more than leakguard.MaxSignals, a closed Vitals) is left out,
// and the report says so.
func (v *Vitals) Watch(signals ...leakguard.Signal) {
	_ = v.detector.Watch(signals...) // its findings say it
}

// Monitor returns what reads the heap, for heap.OnPressure and whoever wants
// figures. It runs and ends with Vitals.
func (v *Vitals) Monitor() *heap.Monitor { return v.monitor }

// Probe returns what measures the delay of ready work, for eventloop.Shed and whoever
// wants figures; nil with Config.NoProbe. It runs and ends with Vitals.
func (v *Vitals) Probe() *eventloop.Probe { return v.probe }

// Close stops watching and returns when all goroutines of Vitals have gone. It
// can be called any number of times, and on a nil Vitals. What was seen stays
// readable through Report and Handler. A signal whose Read ignores its context
// for five seconds is named in the error.
func (v *Vitals) Close() error {
	if v == nil || v.cancel == nil {
		return nil
	}
	if v.stopEnd != nil {
		v.stopEnd()
		v.endLife()
	}
	v.cancel()
	closers := []func() error{v.detector.Close, v.stepping.Close, v.past.Close, v.monitor.Close}
	for _, part := range v.optional() {
		closers = append(closers, part.Close)
	}
	return loop.CloseAll(closers...)
}
