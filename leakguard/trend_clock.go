package leakguard

import "time"

// maxLives is how many lives are told apart; of older ones nothing is kept.
const maxLives = 16

// life is a stretch of time in which levels can be compared: from a restart or
// a change of regime to the next. Buckets are numbered on over all lives, and
// the time between two lives is left out: only slopes within lives count, so a
// process that was down for a week has lost nothing.
type life struct {
	first int64     // number of its first bucket
	last  int64     // number of its latest bucket
	at    time.Time // when the latest bucket began
	low   float64   // the lowest value
	cold  bool      // a process started: it warms up
	late  lateLife  // once it has ended
}

// cut is why the next point begins a life of its own.
type cut uint8

const (
	uncut      cut = iota // it does not
	newLevel              // the level changes for a known reason
	newProcess            // another process
)

// jitter is how many buckets a point may come late without the clock having
// been set: the length of the shortest window.
const jitter = bucketCount

// place returns the number of the bucket for a time, never below the latest.
func (t *Trend) place(at time.Time) int64 {
	if t.fresh == newLevel && t.isYoung() {
		t.startOver()
	}
	if t.lifeN == 0 || t.fresh != uncut {
		return t.begin(at, t.fresh != newLevel)
	}
	now := &t.lives[t.lifeN-1]
	passed := at.Sub(now.at)
	later := t.buckets(passed)
	switch {
	case later > longest:
		return t.begin(at, true)
	case later < -jitter:
		now.at = at
		t.setBack++
	case later > 0:
		// By the clock as it is now: it may have been set.
		now.at = at.Add(time.Duration(later)*t.config.resolution() - passed)
		now.last += later
	}
	return now.last
}

// isYoung reports whether the process has just begun. Many set a memory limit then.
func (t *Trend) isYoung() bool {
	if t.lifeN == 0 {
		return true
	}
	now := &t.lives[t.lifeN-1]
	return now.cold && now.last-now.first < okAge
}

// startOver forgets what a young process held, of which nothing was judged yet. A life
// of that alone would take the place of one that says something, and the rest would
// not be known to warm up.
func (t *Trend) startOver() {
	t.fresh = uncut
	if t.lifeN == 0 {
		return
	}
	now := &t.lives[t.lifeN-1]
	now.low = highest
	for k := range t.tiers {
		tier := &t.tiers[k]
		for n := max(now.first>>k, tier.newest-bucketCount+1); n <= tier.newest; n++ {
			*tier.at(n) = bucket{}
		}
	}
}

// buckets is how many whole ones there are in a time. Points mostly come one in each.
func (t *Trend) buckets(d time.Duration) int64 {
	length := t.config.resolution()
	if later := d - length; later >= 0 && later < length {
		return 1
	}
	return int64(d / length)
}

// begin opens a new life. It starts at a bucket of the coarsest tier, so that
// no bucket of any tier belongs to two lives.
func (t *Trend) begin(at time.Time, cold bool) int64 {
	first := int64(0)
	if t.lifeN > 0 {
		ended := &t.lives[t.lifeN-1]
		ended.late = t.lateOf(ended)
		cold = cold || ended.cold && ended.last-ended.first < leastWarmUp // it still warms up
		first = (ended.last>>(tierCount-1) + 1) << (tierCount - 1)
	}
	if t.lifeN == maxLives {
		copy(t.lives[:], t.lives[1:])
		t.lifeN--
	}
	t.lives[t.lifeN] = life{first: first, last: first, at: at, low: highest, cold: cold}
	t.lifeN++
	t.fresh = uncut
	return first
}

// age is how many buckets the lives have lasted together.
func (t *Trend) age() (buckets int64) {
	for _, l := range t.lives[:t.lifeN] {
		buckets += l.last - l.first + 1
	}
	return buckets
}

// timeOf returns when a bucket of the windows began.
func (t *Trend) timeOf(number int64) time.Time {
	l := t.lives[0]
	for _, later := range t.lives[1:max(t.lifeN, 1)] {
		if later.first <= number {
			l = later
		}
	}
	return l.at.Add(time.Duration(max(number, l.first)-l.last) * t.config.resolution())
}
