package leakguard

import (
	"math"
	"time"
)

const (
	leastRises = 3
	leastRise  = 10  // goroutines
	leastShare = 0.1 // of what was there before
	// leastNoise is the least rise in standard deviations of what was there
	// before: a number of goroutines that come and go at random varies by its
	// square root (M/G/∞: it has a Poisson distribution).
	leastNoise = 3
	// stillRising is the number of windows within which it must have risen.
	stillRising = 4

	// holdCandidate and holdVerdict are how long, in Resolutions, a suspicion
	// and a verdict outlast the windows that rose.
	holdCandidate = 60
	holdVerdict   = 360
)

// growth is a rise of the floors of a site that its load does not explain.
type growth struct {
	base    float64
	rise    float64
	perHour float64
	ratio   float64
	since   time.Time
}

// judge applies the rule to every site. It is called when a window closes.
func (t *siteTable) judge(c *siteClock) {
	at := c.opened.at
	for _, s := range t.sites {
		found, ok := rising(s.fine[:], &c.fine)
		if !ok {
			found, ok = rising(s.coarse[:], &c.coarse)
		}
		if ok {
			s.suspect(at, found)
		} else {
			s.relax(at, c)
		}
	}
}

// rising looks for the longest row of windows up to the latest in which the
// floor never falls. It must rise at least three times, not long ago, by more
// than the work did, and far enough above all that was there before.
//
// The work is taken from the goroutines that ended: those started would count
// the leak itself as work.
func rising(floors []uint32, w *siteWindows) (growth, bool) {
	row := row{floors, w}
	last := w.closed - 1
	from, rises := last, 0
	for ; from > w.first() && row.floor(from-1) <= row.floor(from); from-- {
		if row.floor(from) > row.floor(from-1)*w.load(from-1, from) {
			rises++
		}
	}
	if rises < leastRises || row.floor(max(from, last-stillRising)) == row.floor(last) {
		return growth{}, false
	}
	for row.floor(from+1) == row.floor(from) { // it began to rise later
		from++
	}
	before := row.expected(from, last)
	rise := row.floor(last) - before
	if rise < max(leastRise, leastShare*before, leastNoise*math.Sqrt(before)) {
		return growth{}, false
	}
	took, created := w.at(last).end.Sub(w.at(from).end), w.created(from, last)
	return growth{
		base:    row.floor(from),
		rise:    rise,
		perHour: (row.floor(last) - row.floor(from)) / took.Hours(),
		ratio:   min(1, rise/max(1, created)),
		since:   w.at(from).end,
	}, true
}

// row is the floors of one site.
type row struct {
	floors []uint32
	*siteWindows
}

func (r row) floor(n int) float64 { return float64(r.floors[n%len(r.floors)]) }

// expected returns the highest floor for window last that the floors up to
// window from explain. More work multiplies the mean; the floor of a number that
// varies at random lies below its mean by some times its square root, relatively
// more if the mean is small.
func (r row) expected(from, last int) (highest float64) {
	for n := r.first(); n <= from; n++ {
		f := r.floor(n)
		if more := r.load(n, last); more > 1 {
			f = more * (f + 2*math.Sqrt(f) + 2)
		}
		highest = max(highest, f)
	}
	return highest
}

// suspect notes that the rule fired.
func (s *site) suspect(at time.Time, found growth) {
	if s.first == 0 {
		s.first, s.since, s.base = at.UnixNano(), found.since.UnixNano(), uint32(found.base)
	}
	s.last = at.UnixNano()
	s.fired++
	s.since = min(s.since, found.since.UnixNano())
	s.rise = max(s.rise, uint32(found.rise))
	s.perHour, s.ratio = float32(found.perHour), float32(found.ratio)
}

// relax notes that the rule did not fire. The suspicion ends after a while, or
// at once if most of what piled up has gone.
func (s *site) relax(at time.Time, c *siteClock) {
	hold := holdCandidate
	if s.state == Leaking {
		hold = holdVerdict
	}
	if s.first != 0 && (s.last < c.ago(at, hold) || s.count < s.base+s.rise/2) {
		s.suspicion, s.evidence = suspicion{state: OK}, nil
	}
}
