package eventloop

import (
	"errors"
	"os"
	"time"
)

const (
	// quietFor is how long there must be no lag that lasts before the period becomes
	// longer.
	quietFor = time.Second
	// lasting is how many ticks in a row must be late for that to be more than the
	// noise of a machine: an idle process on a virtual one has a late tick in ten.
	lasting = 3
	// noise is the lag that an idle machine has, by how the probe is woken. The
	// runtime's timers round up to a millisecond (golang/go#44343).
	noiseNetpoll = time.Millisecond
	noiseTimer   = 2 * time.Millisecond
	// The counters that explain stalls are read once in countersTicks ticks that
	// are in time. What is longer ago says little of what went on before a stall.
	countersTicks = 2
	countersLeast = 50 * time.Millisecond
	countersMost  = 2 * time.Second
)

// ticking is the state of the goroutine that ticks; no other touches it.
type ticking struct {
	source source
	noise  time.Duration // the lag below which the machine counts as idle
	armed  bool
	next   time.Duration // the first deadline that was not handled
	period time.Duration
	late   int           // how many of the latest ticks were late, in a row
	noisy  time.Duration // when there was lag that lasts, a stall, or a follower asked for more
	looked time.Duration // when the counters were read that explain stalls
}

// newTicking sets the first deadline, so that a stall counts which begins before
// the goroutine runs that ticks.
func (p *Probe) newTicking(src source, mode Mode) *ticking {
	t := &ticking{source: src, noise: noiseNetpoll}
	if mode == Timer {
		t.noise = noiseTimer
	}
	t.begin(p.since(), p.config.Period)
	return t
}

func (t *ticking) begin(now, period time.Duration) {
	t.noisy = now
	t.arm(now+period, period)
}

// step waits for one or more ticks and counts them.
func (p *Probe) step(t *ticking) {
	if !t.armed {
		t.begin(p.since(), p.config.Period)
	}
	if !t.armed {
		p.pause(t)
		return
	}
	p.publish(t)
	n, err := t.source.wait()
	switch {
	case err == nil:
		now := p.since()
		p.lookAround(t, now, p.advance(t, now, n))
	case !errors.Is(err, os.ErrClosed):
		p.pause(t)
	}
}

// lookAround has the counters read from which a stall will be explained.
func (p *Probe) lookAround(t *ticking, now, lag time.Duration) {
	switch {
	case lag >= min(t.noise, p.config.StallThreshold):
		p.stalls.nudge()
	case now-t.looked >= min(max(countersLeast, countersTicks*t.period), countersMost):
		t.looked = now
		p.lookOn()
	}
}

// pause keeps a source that fails from taking a processor. No tick is due from it until
// it could be armed again.
func (p *Probe) pause(t *ticking) {
	t.armed = false
	p.deadline.Store(never)
	p.sourceFaults.Add(1)
	time.Sleep(p.config.Period)
}

// arm sets the deadlines. If that fails, those from before stay.
func (t *ticking) arm(first, period time.Duration) {
	if err := t.source.arm(first, period); err == nil {
		t.armed, t.next, t.period = true, first, period
	}
}

// publish shows the deadline to whoever asks.
func (p *Probe) publish(t *ticking) {
	p.period.Store(int64(t.period))
	p.deadline.Store(int64(t.next))
}

// advance counts the n deadlines that have passed, of which the first is t.next. It
// returns how late that was.
func (p *Probe) advance(t *ticking, now time.Duration, n uint64) (lag time.Duration) {
	first := t.next
	last := first + time.Duration(n-1)*t.period
	t.next = last + t.period
	p.publish(t)
	lag = p.cuts.lag(first, now)
	if lag < now-first { // some of it was our own doing: what is left is as if that time had not passed
		n = min(n, uint64(max(0, lag)/t.period)+1)
	}
	p.count(t, now, lag, n)
	if lag >= p.config.StallThreshold {
		p.stalled(lag)
	}
	p.adapt(t, now, last, lag)
	return lag
}

// count takes in a run of ticks of which the oldest is late by lag. Each counts for
// as many requests as there are short periods in its own.
func (p *Probe) count(t *ticking, now, lag time.Duration, n uint64) {
	weight := uint64(t.period / p.config.Period)
	if n == 1 {
		p.lag.Record(lag, weight)
	} else {
		p.lag.RecordRun(lag, t.period, n, weight)
		p.missed.Add(n - 1)
	}
	p.ticks.Add(n)
	if p.followers.see(now, lag, t.period, n, weight) {
		t.noisy = now
	}
}

// adapt changes the period if that is due. A tick stands for the time before it, so
// the deadlines that a shorter period would have had until now are not made up
// for: the tick that saw the lag has counted for them.
func (p *Probe) adapt(t *ticking, now, last, lag time.Duration) {
	t.late++
	if lag < t.noise {
		t.late = 0
	}
	if t.late >= lasting || lag >= p.config.StallThreshold {
		t.noisy = now
	}
	period := p.config.Period
	if now-t.noisy >= max(quietFor, 10*period) {
		period = p.config.IdlePeriod
	}
	if period == t.period {
		return
	}
	first := last + period
	if first <= now {
		first += (now - first + period) / period * period
	}
	t.arm(first, period)
	p.publish(t)
}
