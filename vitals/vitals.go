package vitals

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/leakguard"
)

// How much can be watched and added. Beyond it the report says what was left
// out.
const (
	maxSignals = 64
	maxSources = 256
	maxMisuses = 16
)

// Vitals watches the process it is part of. It is a metric.Source and a
// finding.Source. All methods may be called from any goroutine.
type Vitals struct {
	config  Config
	started time.Time
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	monitor *heap.Monitor
	gate    *gate.Gate
	handler http.Handler
	logger  *slog.Logger

	mu       sync.Mutex
	watchers []*watcher
	sources  []finding.Source
	misuses  []finding.Finding // what was added wrongly, for the report
}

// Start begins to watch: live memory, goroutines and config.Signals. The end of
// ctx has the effect of [Vitals.Close]. The error is that of [Config.Validate].
func Start(ctx context.Context, config Config) (*Vitals, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	v, err := build(config)
	if err != nil {
		return nil, err
	}
	v.ctx, v.cancel = context.WithCancel(ctx)
	if err := v.monitor.Start(v.ctx); err != nil {
		return nil, fmt.Errorf("vitals: %w", err)
	}
	v.Watch(liveHeap{v.monitor}, newGoroutines())
	v.Watch(config.Signals...)
	return v, nil
}

// build makes everything that does not run yet.
func build(config Config) (*Vitals, error) {
	monitor, err := heap.NewMonitor(heap.MonitorConfig{Interval: min(config.readInterval(), time.Second)})
	if err != nil {
		return nil, fmt.Errorf("vitals: %w", err)
	}
	guard, err := gate.New(config.gate())
	if err != nil {
		return nil, fmt.Errorf("vitals: %w", err)
	}
	v := &Vitals{
		config: config, started: time.Now(), monitor: monitor, gate: guard,
		logger: config.logger(), sources: []finding.Source{monitor},
	}
	v.handler = v.routes()
	return v, nil
}

// Watch begins to read signals. What cannot be watched (a nil signal, a name
// that is taken, more than 64 signals, a closed Vitals) is left out, and the
// report says so.
func (v *Vitals) Watch(signals ...leakguard.Signal) {
	for _, signal := range signals {
		if err := v.watch(signal); err != nil {
			v.misused(err)
		}
	}
}

func (v *Vitals) watch(signal leakguard.Signal) error {
	if signal == nil {
		return errors.New("a nil signal was given to Watch: leave it out")
	}
	w := &watcher{signal: signal, name: signal.Name(), every: v.config.readInterval(), logger: v.logger}
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case !validName(w.name):
		return fmt.Errorf("signal name is %.80q: use one word of at most 64 bytes", w.name)
	case v.taken(w.name):
		return fmt.Errorf("signal %q is watched already: give each signal a name of its own", w.name)
	case len(v.watchers) == maxSignals:
		return fmt.Errorf("signal %q is not watched: there are %d already, which is the most", w.name, maxSignals)
	case v.ctx.Err() != nil:
		return fmt.Errorf("signal %q was given to Watch after Close: watch before it", w.name)
	}
	v.watchers = append(v.watchers, w)
	return w.start(v.ctx)
}

func validName(name string) bool {
	return name != "" && len(name) <= 64 && utf8.ValidString(name)
}

func (v *Vitals) taken(name string) bool {
	return slices.ContainsFunc(v.watchers, func(w *watcher) bool { return w.name == name })
}

// Add puts parts into the report: jobs, queues, guards, anything that has
// findings. A part that is a metric.Source too is exported with Vitals. Adding
// a part does not start it, and Close does not close it.
func (v *Vitals) Add(sources ...finding.Source) {
	for _, source := range sources {
		if err := v.add(source); err != nil {
			v.misused(err)
		}
	}
}

func (v *Vitals) add(source finding.Source) error {
	if source == nil {
		return errors.New("a nil source was given to Add: leave it out")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.sources) == maxSources {
		return fmt.Errorf("a %T was not added: there are %d sources already, which is the most", source, maxSources)
	}
	v.sources = append(v.sources, source)
	return nil
}

// misused logs wrong use and keeps it for the report, so that nobody has to
// find it in a log. What is there already is not said again.
func (v *Vitals) misused(err error) {
	f := finding.Finding{
		Signal: "setup", State: finding.Unknown, Cause: "misuse", Summary: "Set-up: " + err.Error() + ".",
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	said := slices.ContainsFunc(v.misuses, func(old finding.Finding) bool { return old.Summary == f.Summary })
	if said || len(v.misuses) == maxMisuses {
		return
	}
	v.misuses = append(v.misuses, f)
	v.logger.Warn("govitals: " + err.Error())
}

// Close stops watching and returns when all goroutines of Vitals have gone. It
// can be called any number of times, and on a nil Vitals. What was seen stays
// readable through Report and Handler. A signal whose Read ignores its context
// for five seconds is named in the error.
func (v *Vitals) Close() error {
	if v == nil || v.cancel == nil {
		return nil
	}
	v.cancel()
	faults := make(chan error)
	closers := v.closers()
	for _, closeIt := range closers {
		go func() { faults <- closeIt() }()
	}
	var all error
	for range closers {
		all = errors.Join(all, <-faults)
	}
	return all
}

// closers returns the Close of everything that runs. They are called side by
// side, so that Close takes no longer than the slowest.
func (v *Vitals) closers() []func() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	closers := []func() error{v.monitor.Close}
	for _, w := range v.watchers {
		closers = append(closers, w.loop.Close)
	}
	return closers
}
