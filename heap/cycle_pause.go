package heap

import (
	"time"

	"github.com/govitals/govitals/internal/rtm"
)

// Pauses is how long the world stood still for garbage collection within a
// window. The runtime keeps buckets, about a quarter apart; each figure is the
// upper edge of one, so it is never too low.
type Pauses struct {
	// Window is the time that the figures cover: the last one to two minutes,
	// less after Start.
	Window time.Duration
	// Count is how many pauses there were. Each collection stops the world
	// twice. While it is 0, the other figures are 0 too.
	Count uint64
	// P50, P99 and Max are quantiles of their length.
	P50, P99, Max time.Duration
}

// pauseWindow is how often the start of the window moves.
const pauseWindow = time.Minute

// pauseMeter computes Pauses from the histogram of the runtime, which it copies,
// since the runtime reuses its memory. It keeps the histogram of now and those
// of the last two turns of the window: about 5 KiB.
type pauseMeter struct {
	reader   *rtm.Reader
	now      rtm.Histogram
	starts   [2]rtm.Histogram // the beginning of the window, and the one to follow
	startsAt [2]time.Time     // zero before the first reading
}

func newPauseMeter() *pauseMeter {
	return &pauseMeter{reader: rtm.NewReader("/sched/pauses/total/gc:seconds")}
}

// due reports whether read has something new to see.
func (p *pauseMeter) due(at time.Time, cycleIsNew bool) bool {
	return cycleIsNew || at.Sub(p.startsAt[1]) >= pauseWindow
}

// read returns the pauses since the beginning of the window.
func (p *pauseMeter) read(at time.Time) Pauses {
	p.reader.Read(func(v rtm.Values) { v.Histogram(0, &p.now) })
	if p.startsAt[1].IsZero() {
		p.turn(at)
		p.turn(at)
	}
	pauses := Pauses{
		Window: at.Sub(p.startsAt[0]),
		Count:  p.now.Gained(&p.starts[0]),
		P50:    p.quantile(0.5), P99: p.quantile(0.99), Max: p.quantile(1),
	}
	if at.Sub(p.startsAt[1]) >= pauseWindow {
		p.turn(at)
	}
	return pauses
}

// turn moves the window on: what was to follow begins it, and now follows.
func (p *pauseMeter) turn(at time.Time) {
	p.starts[0], p.starts[1] = p.starts[1], p.starts[0]
	p.now.CopyTo(&p.starts[1])
	p.startsAt = [2]time.Time{p.startsAt[1], at}
}

func (p *pauseMeter) quantile(q float64) time.Duration {
	return time.Duration(p.now.Quantile(&p.starts[0], q) * float64(time.Second))
}
