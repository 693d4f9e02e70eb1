package eventloop

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/internal/exphist"
	"github.com/govitals/govitals/internal/loop"
)

// never is the deadline of a probe that has none.
const never = math.MaxInt64

// Probe measures scheduling delay. Make one with [New]. It is a metric.Source and a
// finding.Source; all methods may be called from any goroutine, before Start and
// after Close too.
type Probe struct {
	config Config
	base   time.Time // times inside of the probe are counted from here

	ticker  loop.Loop
	watcher loop.Loop
	calls   *loop.Caller[Stall] // nil without OnStall

	// What tests replace.
	since   func() time.Duration
	open    func(Mode, func() time.Duration) (source, Mode, error, error)
	witness explainer
	queued  func() bool // for a Shedder

	// What the ticker writes and anyone reads.
	lag          exphist.Histogram
	deadline     atomic.Int64 // the next one, or never
	period       atomic.Int64
	ticks        atomic.Uint64
	missed       atomic.Uint64
	stalledFor   atomic.Int64
	ended        atomic.Bool
	sourceFaults atomic.Uint64

	cuts      cuts
	followers followers
	stalls    stallQueue
	capture   atomic.Pointer[Capture] // whoever writes stalls down
	load      load
	history   history

	watching sync.Mutex // one look at a time; held during I/O
	looked   lookTimes

	mu        sync.Mutex // held for a moment only
	mode      Mode
	fallback  error // why the mode is not Netpoll
	startedAt time.Time
	endedAt   time.Time
	causes    causeCounts
	recent    recentStalls
	laggingAt time.Time // since when findings say so, the zero time if they do not
}

// New returns a Probe that measures nothing yet. The error is that of
// [Config.Validate].
func New(config Config) (*Probe, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	p := &Probe{
		config: config.withDefaults(), base: time.Now(), mode: config.Mode,
		open: openSource, witness: newWitness(), queued: queued, stalls: newStallQueue(),
	}
	p.since = func() time.Duration { return time.Since(p.base) }
	p.deadline.Store(never)
	p.period.Store(int64(p.config.Period))
	if config.OnStall != nil {
		p.calls = loop.NewCaller(func(_ context.Context, s Stall) { config.OnStall(s) })
	}
	return p, nil
}

// Start begins to measure. The end of ctx has the effect of Close. A second Start,
// or one after Close, is an error, as is Config.Mode Netpoll where there is none.
func (p *Probe) Start(ctx context.Context) error {
	if p.open == nil {
		return errors.New("eventloop: the Probe is a zero value: make it with New")
	}
	src, mode, fallback, err := p.open(p.config.Mode, p.since)
	if err != nil {
		return err
	}
	t := p.newTicking(src, mode)
	err = p.ticker.Start(ctx, loop.Config{
		Name: "eventloop.Probe",
		Step: func(context.Context) { p.step(t) },
		Unblock: func() {
			p.end()
			src.close()
		},
	})
	if err != nil {
		src.close()
		return err
	}
	p.begin(mode, fallback)
	err = p.watcher.Start(ctx, loop.Config{Name: "eventloop.Probe", Wake: p.stalls.wake, Step: p.watch})
	if err == nil && p.calls != nil {
		err = p.calls.Start(ctx, "eventloop.Config.OnStall")
	}
	if err == nil {
		p.watch(ctx)
	}
	return err
}

// begin notes what the probe runs with.
func (p *Probe) begin(mode Mode, fallback error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode, p.fallback, p.startedAt = mode, fallback, time.Now()
}

// end notes that nothing is measured any more.
func (p *Probe) end() {
	p.ended.Store(true)
	p.mu.Lock()
	p.endedAt = time.Now()
	p.mu.Unlock()
	p.forgo()
}

// Close stops measuring and returns when our goroutines have gone, at once also
// during a stall that is not of the whole process. What was measured stays
// readable; a stall that was not explained yet is counted as unknown. It works on the
// zero value, and any number of times. If OnStall does not return within 5 s, Close
// gives up with an error.
func (p *Probe) Close() error {
	closers := []func() error{p.ticker.Close, p.watcher.Close}
	if p.calls != nil {
		closers = append(closers, p.calls.Close)
	}
	return loop.CloseAll(closers...)
}

// Overdue returns for how long the next tick has been due: the length so far of a
// stall that is going on. It is 0 if none is due, before Start and after Close.
func (p *Probe) Overdue() time.Duration {
	for {
		due := p.deadline.Load()
		if due == never || p.ended.Load() || p.since == nil {
			return 0
		}
		now := p.since()
		if p.deadline.Load() == due { // else it was handled, and the time is of after that
			return max(0, p.cuts.lag(time.Duration(due), now))
		}
	}
}

// errNotStarted and errEnded say why a probe does not measure.
var (
	errNotStarted = errors.New("it was not started")
	errEnded      = errors.New("it was closed")
)

// idle returns why the probe does not measure, nil if it does.
func (p *Probe) idle() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.startedAt.IsZero():
		return errNotStarted
	case p.ended.Load():
		return errEnded
	}
	return nil
}
