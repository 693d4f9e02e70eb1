package vitals

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/leakguard"
)

// errNotYet says that a built-in signal has nothing to show so far.
var errNotYet = errors.New("no garbage collection has ended yet")

// readTimeout is when the context of a signal's Read ends.
const readTimeout = 10 * time.Second

// watcher reads one signal again and again.
type watcher struct {
	signal leakguard.Signal
	name   string
	every  time.Duration
	logger *slog.Logger
	loop   loop.Loop

	mu sync.Mutex
	readings
}

// readings is what a watcher has seen of its signal.
type readings struct {
	first, last point
	count       int   // points with a value
	failures    int   // reads that failed
	err         error // of the latest read, nil if it went well
	readSince   time.Time
}

// point is a reading and when it was taken.
type point struct {
	at time.Time
	leakguard.Reading
}

func (w *watcher) start(ctx context.Context) error {
	w.mu.Lock()
	w.readSince = time.Now()
	w.mu.Unlock()
	return w.loop.Start(ctx, loop.Config{
		Name: "signal " + w.name, Every: w.every, Step: w.step,
	})
}

// step reads the signal once. The lock is not held while it does.
func (w *watcher) step(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	reading, err := w.read(limited)
	if ctx.Err() != nil {
		return // closing: an error now is no news
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readSince = time.Now()
	w.note(reading, err)
}

// read calls the user's Read and makes an error of a panic and of a value that
// is not a number.
func (w *watcher) read(ctx context.Context) (reading leakguard.Reading, err error) {
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

func (w *watcher) note(reading leakguard.Reading, err error) {
	if err != nil && !errors.Is(err, errNotYet) {
		w.failures++
		if w.err == nil {
			w.logger.Warn("govitals: signal cannot be read", "signal", w.name, "error", err)
		}
	}
	w.err = err
	samePoint := reading.Epoch != 0 && reading.Epoch == w.last.Epoch && w.count > 0
	if err != nil || samePoint {
		return
	}
	w.last = point{at: w.readSince, Reading: reading}
	if w.count == 0 {
		w.first = w.last
	}
	w.count++
}

// seen returns what was read so far.
func (w *watcher) seen() readings {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.readings
}

func (w *watcher) unit() string {
	if measured, ok := w.signal.(leakguard.Measured); ok {
		return measured.Unit()
	}
	return ""
}
