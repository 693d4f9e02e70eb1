package leakguard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/text"
)

// ErrNotYet is what Read returns while the figure does not exist yet: the signal
// is not broken, there is just nothing to see.
var ErrNotYet = errors.New("no value yet")

const (
	// readTimeout is when the context of a Read ends.
	readTimeout = 10 * time.Second
	// judgeEvery is the least time between two verdicts, which cost more than
	// readings do.
	judgeEvery = time.Second
)

// watcher reads one signal again and again.
type watcher struct {
	signal     Signal
	name       string
	every      time.Duration
	resolution time.Duration
	logger     *slog.Logger
	onVerdict  func(finding.Finding)
	loop       loop.Loop

	mu    sync.Mutex
	trend *Trend
	readings
}

// readings is what a watcher has seen of its signal.
type readings struct {
	first, last point
	count       int   // points with a value
	failures    int   // reads that failed
	err         error // of the latest read, nil if it went well
	readSince   time.Time
	verdict     Verdict
	judged      time.Time
}

// point is a reading and when it was taken.
type point struct {
	at time.Time
	Reading
}

// newWatcher continues the trend of a former life, if there is one.
func (d *Detector) newWatcher(signal Signal, name string) *watcher {
	w := &watcher{
		signal: signal, name: name, every: d.config.readInterval(), resolution: d.config.resolution(),
		logger: d.logger, onVerdict: d.onVerdict,
	}
	w.trend = NewTrend(TrendConfig{Resolution: d.config.resolution(), Unit: w.unit(), Floor: floorOf(w.unit())})
	if former := d.former[name]; former != nil {
		if err := w.trend.UnmarshalBinary(former); err != nil {
			d.logger.Warn("govitals: the trend of a former life is not used", "signal", name, "error", err)
		}
	}
	return w
}

// floorOf is the growth that is not worth a word: a small process would be called
// a leak for the buffers of a few connections.
func floorOf(unit string) float64 {
	switch {
	case unit == "By":
		return 512 << 10
	case strings.HasPrefix(unit, "{"): // a count of things
		return 10
	}
	return 0
}

func (d *Detector) onVerdict(f finding.Finding) {
	if d.caller != nil {
		d.caller.Send(f)
	}
}

func (w *watcher) start(ctx context.Context) error {
	w.mu.Lock()
	w.readSince = time.Now()
	w.mu.Unlock()
	return w.loop.Start(ctx, loop.Config{Name: "signal " + w.name, Every: w.every, Step: w.step})
}

// step reads the signal once. The lock is not held while it does.
func (w *watcher) step(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	reading, err := w.read(limited)
	if ctx.Err() != nil {
		return // closing: an error now is no news
	}
	if w.note(time.Now(), reading, err) {
		w.onVerdict(w.finding(time.Now()))
	}
}

// read calls the user's Read and makes an error of a panic and of a value that
// is not a number.
func (w *watcher) read(ctx context.Context) (reading Reading, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("Read panicked: %v", value)
		}
	}()
	reading, err = w.signal.Read(ctx)
	if err == nil && (math.IsNaN(reading.Value) || math.IsInf(reading.Value, 0)) {
		err = fmt.Errorf("Read returned the value %v: return an error where the figure is not known", reading.Value)
	}
	return reading, err
}

// note keeps a reading and reports whether the verdict has changed.
func (w *watcher) note(now time.Time, reading Reading, err error) (changed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readSince = now
	if err != nil {
		w.noteFailure(err)
		return false
	}
	w.err = nil
	if samePoint := reading.Epoch != 0 && reading.Epoch == w.last.Epoch && w.count > 0; samePoint {
		return w.judge(now)
	}
	w.last = point{at: now, Reading: reading}
	if w.count == 0 {
		w.first = w.last
	}
	w.count++
	w.trend.SetLimit(reading.Limit)
	w.trend.Add(now, reading.Value, reading.Load)
	return w.judge(now)
}

func (w *watcher) noteFailure(err error) {
	if !errors.Is(err, ErrNotYet) {
		w.failures++
		if w.err == nil {
			w.logger.Warn("govitals: signal cannot be read", "signal", w.name, "error", err)
		}
	}
	w.err = err
}

// judge asks for a verdict if the last one is old enough, and reports whether
// its state is another.
func (w *watcher) judge(now time.Time) (changed bool) {
	if now.Sub(w.judged) < judgeEvery {
		return false
	}
	before, hadOne := w.verdict.State, !w.judged.IsZero()
	w.verdict, w.judged = w.assess(now), now
	return hadOne && w.verdict.State != before
}

// graceful is how many Resolutions a signal that judges by itself is not called
// OK: it may have no opinion yet.
const graceful = 60

// assess is the verdict of the trend, or that of a signal that judges by itself.
func (w *watcher) assess(now time.Time) Verdict {
	source, judges := w.signal.(finding.Source)
	if !judges {
		return w.trend.Verdict()
	}
	if findings := source.Findings(); len(findings) > 0 {
		worst := findings[0]
		return Verdict{State: worst.State, PerHour: worst.PerHour, Since: worst.Since, Why: worst.How}
	}
	if now.Sub(w.first.at) < graceful*w.resolution {
		return Verdict{State: TooEarly, Why: []string{"no place piles up; the first " + text.Duration(graceful*w.resolution) + " are not judged"}}
	}
	return Verdict{State: OK, Why: []string{"no place piles up"}}
}

// seen returns what was read so far.
func (w *watcher) seen() readings {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.readings
}

func (w *watcher) unit() string {
	if measured, ok := w.signal.(Measured); ok {
		return measured.Unit()
	}
	return ""
}

// culprits asks the signal whose fault it is, if it can say.
func (w *watcher) culprits(n int) (culprits []finding.Culprit) {
	blamer, ok := w.signal.(Blamer)
	if !ok {
		return nil
	}
	defer func() {
		if value := recover(); value != nil {
			w.logger.Warn("govitals: Culprits panicked", "signal", w.name, "panic", value)
			culprits = nil
		}
	}()
	return blamer.Culprits(n)
}
