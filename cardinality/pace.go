package cardinality

import (
	"math"
	"time"
)

// A guard has no goroutine. What has to be done from time to time is done, in
// bounded pieces, by lookups that miss and by those who read figures: while every
// lookup hits and nobody looks, nothing has to be done.

// epochs is how many epochs Retention has.
const epochs = 8

// pace says how far time has come. An epoch lasts Retention/8 at least, and longer
// when nobody passes by.
type pace struct {
	begun   time.Time
	now     time.Duration // since begun
	rolled  time.Duration // when the epoch began
	scanned time.Duration // when the latest search for unused sets began
	sampled int           // misses in this epoch that were sampled
}

func (p *pace) start(now time.Time) { p.begun = now }

// pass notes the time and begins an epoch if it is time to.
func (g *Guard) pass() {
	p := &g.pace
	p.now = time.Since(p.begun)
	if p.now-p.rolled < g.config.retention/epochs {
		return
	}
	g.news.roll(p.now - p.rolled)
	p.rolled = p.now
	g.epoch.Add(1)
	if g.sketch != nil {
		g.sketch.fade()
	}
	if p.sampled < sampledFully/32 {
		g.sampling.Store(sampleAll)
	}
	p.sampled = 0
	g.expire()
}

// Of the misses of an epoch the first are all sampled and of the others one in 64,
// so that a flood costs little and a trickle is seen.
const (
	sampledFully = 4096
	sampleAll    = math.MaxUint64
	sampleSome   = math.MaxUint64 / 64
	golden       = 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio, odd
)

// sampled counts a miss and reports whether to look at it more closely. The choice
// follows multiples of the golden ratio: it has no period that traffic could have.
func (g *Guard) sampled(hash uint64) bool {
	n := g.overflowed[hash>>8%8].n.Add(1)
	return n*golden <= g.sampling.Load()
}

// countSample has misses sampled less often once there were many in this epoch.
func (g *Guard) countSample() {
	if g.pace.sampled++; g.pace.sampled > sampledFully {
		g.sampling.Store(sampleSome)
	}
}

// overflows returns how many lookups got the T of an overflow.
func (g *Guard) overflows() (n uint64) {
	for i := range g.overflowed {
		n += g.overflowed[i].n.Load()
	}
	return n
}
