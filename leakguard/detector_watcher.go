package leakguard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/loop"
)

// ErrNotYet is what Read returns while the figure does not exist yet: the signal
// is not broken, there is just nothing to see.
var ErrNotYet = errors.New("no value yet")

// readTimeout is when the context of a Read ends.
const readTimeout = 10 * time.Second

// watcher reads one signal again and again. User code runs on its loop alone,
// and never under its lock: whoever asks for findings or figures gets what was
// gathered before, whatever the signal is doing.
type watcher struct {
	signal     Signal
	traits     traits
	every      time.Duration
	resolution time.Duration
	logger     *slog.Logger
	onVerdict  func(finding.Finding)
	loop       loop.Loop

	mu    sync.Mutex
	trend *Trend
	regime
	readings
}

// readings is what a watcher has seen of its signal.
type readings struct {
	first, last point
	count       int       // points with a value
	failures    int       // reads that failed
	err         error     // of the latest read, nil if it went well
	heard       time.Time // when a read went well last
	readSince   time.Time
	opinion
}

// point is a reading and when it was taken.
type point struct {
	at time.Time
	Reading
}

// newWatcher continues the trend of a former life, if there is one that can be used.
// The caller holds mu.
func (d *Detector) newWatcher(signal Signal, traits traits) (w *watcher, unused error) {
	w = &watcher{
		signal: signal, traits: traits, every: d.config.readInterval(), resolution: d.config.resolution(),
		logger: d.logger, onVerdict: d.onVerdict,
	}
	w.trend = NewTrend(TrendConfig{
		Resolution: d.config.resolution(), Unit: traits.unit, Floor: traits.floor, ExpectCache: traits.cache,
	})
	if former := d.former[traits.name]; former != nil {
		delete(d.former, traits.name)
		unused = w.trend.UnmarshalBinary(former)
	}
	return w, unused
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
	return w.loop.Start(ctx, loop.Config{Name: "signal " + w.traits.name, Every: w.every, Step: w.step})
}

// step reads the signal once, and judges it if the last verdict is old enough.
func (w *watcher) step(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	reading, err := w.read(limited)
	if ctx.Err() != nil {
		return // closing: an error now is no news
	}
	if w.note(time.Now(), reading, err) {
		w.logger.Warn("govitals: signal cannot be read", "signal", w.traits.name, "error", err)
	}
	if err == nil && w.judge(time.Now()) {
		w.onVerdict(w.finding(time.Now()))
	}
}

// read calls the user's Read and makes an error of a panic and of a value that
// cannot be one.
func (w *watcher) read(ctx context.Context) (reading Reading, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("Read panicked: %v", value)
		}
	}()
	reading, err = w.signal.Read(ctx)
	if err == nil && !isFigure(reading.Value) {
		err = fmt.Errorf("Read returned the value %v: return 0 or more, and an error where the figure is not known", reading.Value)
	}
	if !isFigure(reading.Limit) {
		reading.Limit = 0
	}
	return reading, err
}

// note keeps a reading. It reports whether the signal has begun to fail.
func (w *watcher) note(now time.Time, reading Reading, err error) (fails bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readSince = now
	if err != nil {
		return w.noteFailure(err)
	}
	w.err, w.heard = nil, now
	w.last.Limit = reading.Limit // it may be changed while the figure stands still
	w.trend.SetLimit(reading.Limit)
	if w.regime.change(now, reading.Regime, w.resolution) {
		w.trend.Regime()
	}
	if samePoint := reading.Epoch != 0 && reading.Epoch == w.last.Epoch && w.count > 0; samePoint {
		return false
	}
	w.last = point{at: now, Reading: reading}
	if w.count == 0 {
		w.first = w.last
	}
	w.count++
	w.trend.Add(now, reading.Value, reading.Load)
	return false
}

func (w *watcher) noteFailure(err error) (news bool) {
	if !errors.Is(err, ErrNotYet) {
		w.failures++
		news = w.err == nil || errors.Is(w.err, ErrNotYet)
	}
	w.err = err
	return news
}

// seen returns what was read so far.
func (w *watcher) seen() readings {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.readings
}
