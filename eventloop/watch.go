package eventloop

import (
	"context"
	"runtime"
	"time"
)

const (
	// lookEvery is how often it is looked at what is not about a stall: a little
	// less than a multiple of the usual periods, which jitter.
	lookEvery = 900 * time.Millisecond
	// historyEvery is the distance of the snapshots that are kept, historySize how
	// many there are: findings and gauges are about the last 50 to 60 s.
	historyEvery = 10 * time.Second
	historySize  = 6
	leastWindow  = (historySize - 1) * historyEvery
)

// lookTimes are when that was done.
type lookTimes struct{ load, snapshot time.Duration }

// watch runs after each tick that was late. It explains stalls and reads the counters
// from which the next one will be explained.
func (p *Probe) watch(ctx context.Context) {
	p.watching.Lock()
	defer p.watching.Unlock()
	p.explain(ctx)
	p.look()
}

// lookOn is for a tick that is in time: then the goroutine that ticks looks itself,
// which saves waking up another. Under load it must not: a system call that takes long
// would cost it its processor, and it would measure the way back to one.
func (p *Probe) lookOn() {
	if !p.watching.TryLock() {
		return
	}
	defer p.watching.Unlock()
	p.look()
}

// look does what is due besides explaining.
func (p *Probe) look() {
	now := p.since()
	p.witness.Baseline(time.Now(), asDue)
	if due(&p.looked.load, now, lookEvery) {
		p.load.see(now, runtime.GOMAXPROCS(0))
		p.judge()
	}
	if due(&p.looked.snapshot, now, historyEvery) {
		p.history.add(p.Snapshot())
	}
}

// due reports whether it is time for what was done last at a time, and notes it.
func due(last *time.Duration, now, every time.Duration) bool {
	if *last != 0 && now-*last < every {
		return false
	}
	*last = now
	return true
}
