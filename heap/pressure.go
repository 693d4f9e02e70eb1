package heap

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/text"
)

// Pressure says how near the process is to its memory limit.
type Pressure struct {
	// Share is Used divided by Limit.
	Share float64
	// Used is what the kernel counts and cannot easily take back, or, for
	// PressureConfig.Limit, the resident memory of the process.
	Used uint64
	// Limit is the limit that ends the process, of several the one that is
	// nearest.
	Limit uint64
	// Threshold is the one of PressureConfig.At that was reached.
	Threshold float64
	// Since is when the lowest threshold of At was reached, and not left since.
	Since time.Time
}

// String writes the pressure as a line of a log.
func (p Pressure) String() string {
	return fmt.Sprintf("memory is at %.0f %% of its limit (%s of %s), under pressure since %s",
		100*p.Share, text.Bytes(p.Used), text.Bytes(p.Limit), p.Since.UTC().Format(time.RFC3339))
}

// PressureWatch calls a function when memory gets scarce. [OnPressure] makes it.
// It is a metric.Source and a finding.Source. It holds two goroutines until
// Close, the second for the function alone.
type PressureWatch struct {
	config PressureConfig
	call   func(context.Context, Pressure)
	memory memoryReader

	watching, calling loop.Loop
	steps             []latch   // one for each threshold, the lowest first; of watching alone
	since             time.Time // of watching alone
	queue             chan Pressure
	abandoned         context.Context // ends when Close gives up waiting
	abandon           context.CancelFunc

	calls, dropped atomic.Uint64
}

// OnPressure calls a function whenever memory in use reaches a threshold of the
// limit that ends the process, so that a service can finish what it has begun
// and restart instead of being killed in the middle of requests.
//
// The function runs on a goroutine of its own, one call at a time, with a
// context that ends after PressureConfig.Drain. Neither the end of ctx nor
// Close ends that context at once: a drain that has begun may finish. While a
// call runs, one more pressure waits, the latest; others are counted as
// dropped. A threshold that was reached is called again only after the share
// fell below it by PressureConfig.Release. Several that are reached at the same
// time make one call, of the highest. A panic of the function is recovered and
// becomes a finding.
//
// monitor must be running; its readings are looked at once a second, of which
// those of the kernel are up to ten seconds old. The end of ctx has the effect of
// [PressureWatch.Close]. The error names what is wrong in config.
func OnPressure(ctx context.Context, monitor *Monitor, config PressureConfig, call func(context.Context, Pressure)) (*PressureWatch, error) {
	if monitor == nil {
		return nil, errors.New("heap: OnPressure: monitor is nil: give it a Monitor that was started")
	}
	if call == nil {
		return nil, errors.New("heap: OnPressure: the function to call is nil: say what to do under pressure")
	}
	if err := config.Validate(); err != nil {
		return nil, err
	}
	w := newPressureWatch(readerOf(monitor), config, call)
	if err := w.start(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func newPressureWatch(memory memoryReader, config PressureConfig, call func(context.Context, Pressure)) *PressureWatch {
	config = config.withDefaults()
	w := &PressureWatch{
		config: config, call: call, memory: memory,
		steps: make([]latch, len(config.At)), queue: make(chan Pressure, 1),
	}
	w.abandoned, w.abandon = context.WithCancel(context.Background())
	return w
}

func (w *PressureWatch) start(ctx context.Context) error {
	err := w.calling.Start(ctx, loop.Config{Name: "heap.OnPressure", Every: loop.MinEvery, Step: w.deliver})
	if err != nil {
		return err
	}
	return w.watching.Start(ctx, loop.Config{Name: "heap.OnPressure", Every: time.Second, Step: w.look})
}

// Close stops watching. A call that runs may finish within loop.CloseTimeout
// (5 s); after that its context is cancelled, and the error says that the call
// still runs. No call begins after Close. It must not be called by the function
// itself. It works on the zero value, and any number of times.
func (w *PressureWatch) Close() error {
	err := w.watching.Close()
	if called := w.calling.Close(); called != nil {
		err = errors.Join(err, fmt.Errorf("heap.OnPressure: the callback still runs %v after Close: "+
			"its context is cancelled now; make it return within that time, or call Close after it has returned", loop.CloseTimeout))
	}
	if w.abandon != nil {
		w.abandon()
	}
	return err
}

// look compares the latest reading with the thresholds.
func (w *PressureWatch) look(context.Context) {
	now := w.memory.snapshot()
	use, ok := now.useOf(w.config.Limit)
	if !ok {
		return
	}
	reached := -1
	for i, threshold := range w.config.At {
		if w.steps[i].set(use.share() >= threshold, use.share() < threshold-w.config.Release) {
			reached = i
			if i == 0 {
				w.since = now.At
			}
		}
	}
	if reached >= 0 {
		w.put(Pressure{Share: use.share(), Used: use.used, Limit: use.limit, Threshold: w.config.At[reached], Since: w.since})
	}
}

// put queues p in place of what waits there.
func (w *PressureWatch) put(p Pressure) {
	select {
	case <-w.queue:
		w.dropped.Add(1)
	default:
	}
	w.queue <- p // never blocks: there is room for one, and only look puts
}

// deliver waits for one pressure and calls the function. Being a step of a
// loop, it survives what the function does.
func (w *PressureWatch) deliver(ctx context.Context) {
	select {
	case <-ctx.Done():
	case p := <-w.queue:
		if ctx.Err() != nil {
			return
		}
		w.calls.Add(1)
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.config.Drain)
		defer cancel()
		defer context.AfterFunc(w.abandoned, cancel)()
		w.call(drain, p)
	}
}
