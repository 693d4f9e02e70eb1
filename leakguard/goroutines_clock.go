package leakguard

import (
	"math"
	"time"
)

const (
	fineEvery     = 10 // Resolutions
	fineWindows   = 18
	coarseEvery   = 6 // fine windows
	coarseWindows = 12
	// leastSamples keeps a window open where profiles are far apart: the
	// minimum of one sample is no floor.
	leastSamples = 3
	// graceWindows are the fine windows after the start that are not judged.
	graceWindows = 6
)

// siteClock divides time into windows that all sites share, and knows how much
// work was done in each.
type siteClock struct {
	resolution time.Duration
	opened     goroutineCounts
	samples    int
	fine       siteWindows
	coarse     siteWindows
	coarseFrom goroutineCounts
}

// siteWindows are the latest windows of one length, number n at n modulo the length
// of the arrays.
type siteWindows struct {
	closed int // how many were closed so far
	grace  int // windows before this one are not judged
	facts  []windowFacts
}

// windowFacts are what is known of a window besides the floors of the sites.
type windowFacts struct {
	end     time.Time
	took    time.Duration
	created float64 // goroutines started
	exited  float64 // goroutines ended: the work done, of which a leak is no part
}

func newSiteClock(resolution time.Duration) siteClock {
	return siteClock{
		resolution: resolution,
		fine:       siteWindows{grace: graceWindows, facts: make([]windowFacts, fineWindows)},
		coarse:     siteWindows{grace: 1, facts: make([]windowFacts, coarseWindows)},
	}
}

// add takes in a sample and reports whether it closes a fine window.
func (c *siteClock) add(now goroutineCounts) bool {
	if c.opened.at.IsZero() {
		c.opened, c.coarseFrom = now, now
		return false
	}
	c.samples++
	if now.at.Sub(c.opened.at) < fineEvery*c.resolution || c.samples < leastSamples {
		return false
	}
	c.fine.close(c.opened, now)
	c.opened, c.samples = now, 0
	if c.fine.closed%coarseEvery == 0 {
		c.coarse.close(c.coarseFrom, now)
		c.coarseFrom = now
	}
	return true
}

// closesCoarse reports whether the fine window that closed last also closed a
// coarse one.
func (c *siteClock) closesCoarse() bool { return c.fine.closed%coarseEvery == 0 }

func (w *siteWindows) close(from, to goroutineCounts) {
	created := float64(to.created - from.created)
	w.facts[w.closed%len(w.facts)] = windowFacts{
		end:     to.at,
		took:    to.at.Sub(from.at),
		created: created,
		exited:  max(0, created-(float64(to.live)-float64(from.live))),
	}
	w.closed++
}

// first returns the oldest window that may be judged.
func (w *siteWindows) first() int { return max(w.grace, w.closed-len(w.facts)) }

func (w *siteWindows) at(n int) windowFacts { return w.facts[n%len(w.facts)] }

// load returns by what factor more work was done in window n than in window m,
// at least 1. A difference within chance (three standard deviations of two counts)
// is none.
func (w *siteWindows) load(m, n int) float64 {
	before, after := w.at(m), w.at(n)
	expected := before.exited * float64(after.took) / float64(before.took)
	if after.exited-expected <= 3*math.Sqrt(after.exited+expected) {
		return 1
	}
	return after.exited / max(1, expected)
}

// created returns how many goroutines were started in the windows m+1 to n.
func (w *siteWindows) created(m, n int) (total float64) {
	for i := m + 1; i <= n; i++ {
		total += w.at(i).created
	}
	return total
}
