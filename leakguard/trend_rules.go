package leakguard

import (
	"math"
	"time"
)

// The constants of the rules. Windows and ages are in buckets of the finest
// tier: at a resolution of one minute, 720 are 12 hours. They were chosen on the
// tuning families of internal/sim, and reported on the others.
const (
	// significant is the t value of a slope, autocorrelation counted.
	significant = 5
	// Joined lives need more: what is left of their warm-ups is not noise.
	joinedSignificant = 7
	// A window must show growth of leastGrowth of the level, a short one that of
	// growthTimesSpan/span: 6.4 hours 7.5 %, 12.8 hours 3.75 %.
	leastGrowth     = 0.025
	growthTimesSpan = 28.8
	// workFits is how much of the scatter the clock of work must leave at most.
	workFits = 0.8
	// aboveNoise is how many standard deviations of the residuals it must grow.
	aboveNoise = 3
	// What warms up slows down; a leak does not.
	leastLastThird = 0.5
	leastHalves    = 0.7
	// The last fifth may be slower than leastEnd of the whole by endDoubt standard
	// errors of its own.
	leastEnd = 0.5
	endDoubt = 2
	// The window of half the length must allow leastRecent of the slope.
	leastRecent = 0.5
	// mostJump is the share of the growth that an eighth of the window may hold:
	// more is a step.
	mostJump = 0.4

	// A tier is judged from leastFull of its window on; before that a finer tier
	// covers the same time.
	leastFull = 0.54
	// A line through fewer than leastPoints says nothing.
	leastPoints = 8
	// Growing: ten points in all, and growth of six times the noise.
	growingPoints = 10
	growingNoise  = 6
	// The shape of fewer than shapely points is judged more mildly.
	shapely          = bucketCount / 2
	growingLastThird = 0.25
	growingJump      = 0.6
	// The end of the window must lie growingHigh standard deviations above the
	// mean of the time before it.
	growingHigh = 4
	leastBefore = 6 // points that tell what was before
	// Before okAge nothing is called level.
	okAge = 60
	// Of two windows that say the same, the longer is preferred unless its second
	// half rises so many times as fast as the first.
	accelerates = 2
	// nearLimit is the time to the limit below which the state is one worse.
	nearLimit = 360
	// Suspect looks at windows of tier 3 and longer, Leaking of tier 4.
	suspectAge, suspectTier = 360, 3
	// It must have passed for an eighth of the window, and for leakingHold.
	leakingHold                          = 192
	leakingAge, leakingTier, leakingSpan = 720, 4, 415
)

// Without a known load the rise of a day is taken for a leak only if it is
// straight: the residuals of a line through the flank of a wave follow each
// other, those of a leak do not. This is wall time, for days are.
const (
	partOfDay  = 2 * time.Hour
	dayAndMore = 26 * time.Hour
	straight   = 0.5
)

// rule names what spoke against growth in a window, "" where nothing did.
type rule string

const (
	passed        rule = ""
	tooFew        rule = "too few points"
	notGrowing    rule = "not growing"
	insignificant rule = "within the noise"
	tooLittle     rule = "too little"
	byLoad        rule = "explained by load"
	levelsOff     rule = "levels off"
	warmingUp     rule = "may be the end of the warm-up of each life"
	stepped       rule = "a step"
	isOver        rule = "no longer growing"
	asYesterday   rule = "as high at this time of the day before"
)

// evidence is what one window says.
type evidence struct {
	tier   int
	least  float64 // TrendConfig.Floor
	state  State
	window window
	fit    fit
	shape  shape
	daily  bool   // as high at this time of the day before
	mended remedy // without which it does not pass
	failed rule
}

// depth is how much of a window is worked out even if it fails an early rule.
type depth int

const (
	onlySize  depth = iota // nothing more: most reviews end early
	withError              // the error of the slope
	withShape              // its shape too
)

// examine judges the window of one tier by all rules but age and hold.
func (e *evidence) examine(t *Trend, k int, to depth) {
	e.tier, e.least = k, t.config.Floor
	if k == livesTier {
		e.examineLives(t, to)
		return
	}
	w := &e.window
	w.fill(t, k)
	if w.n < leastPoints || k > 0 && w.extent() < leastFull*bucketCount {
		e.failed = tooFew
		return
	}
	e.judge(t, to)
}

// judge applies the rules to a window that is filled.
func (e *evidence) judge(t *Trend, to depth) {
	w := &e.window
	least := math.Inf(-1)
	if to == onlySize {
		least = e.floor() / 2
	}
	if w.loads && !w.byLife {
		if _, f := w.line(); to == withShape || f.best*w.span > e.floor()/2 {
			e.chooseLoad(t)
		}
	}
	e.fit = w.fit(least, t.worth)
	e.failed = e.bySize()
	if e.fit.best <= 0 || to == withError || e.failed != passed && to == onlySize {
		return
	}
	e.shape = w.shape(&e.fit)
	if e.failed == passed {
		e.failed = e.shape.judge()
	}
	if e.failed == passed && w.byLife && w.mayWarmUp(e.fit.elasticity) {
		e.failed = warmingUp
	}
}

// chooseLoad takes the delay of the load that fits best, and the work done as the
// clock if that fits better than time.
func (e *evidence) chooseLoad(t *Trend) {
	work := e.window
	work.byWork()
	e.window.chooseDelay(t, e.tier)
	work.x, work.late = e.window.x, e.window.late
	if work.scatter() < workFits*workFits*e.window.scatter() {
		e.window = work
	}
}

// growth is what the window grew at least, in multiples of the level.
func (e *evidence) growth() float64 { return e.fit.slope * e.window.span }

// floor is the growth that a window must show.
func (e *evidence) floor() float64 {
	return max(leastGrowth, growthTimesSpan/e.window.span, e.smallest())
}

// smallest is TrendConfig.Floor in multiples of the level.
func (e *evidence) smallest() float64 {
	if e.window.level <= 0 {
		return 0
	}
	return e.least / e.window.level
}

// bySize judges how much it grew, against the level, the noise and the load.
func (e *evidence) bySize() rule {
	f, growth := &e.fit, e.growth()
	switch {
	case growth < e.floor() && f.blamed > 0 && growth+f.blamed >= e.floor():
		return byLoad
	case growth <= 0:
		return notGrowing
	case growth < e.floor():
		return tooLittle
	case f.slope < e.significant()*f.error || growth < aboveNoise*f.sd:
		return insignificant
	}
	return passed
}

// significant is the t value that the slope must have.
func (e *evidence) significant() float64 {
	switch {
	case e.window.byLife:
		return livesSignificant
	case e.window.lives > 1:
		return joinedSignificant
	}
	return significant
}

// judge tells a leak from what slows down or comes at once.
func (s *shape) judge() rule {
	switch {
	case s.lastThird < leastLastThird || s.halves < leastHalves || s.ended:
		return levelsOff
	case s.jump > mostJump || s.step:
		return stepped
	}
	return passed
}

// isGrowing reports whether the growth stands out of the noise of this window.
func (e *evidence) isGrowing() bool {
	f := &e.fit
	leastThird, mostStep := leastLastThird, mostJump
	if e.window.n < shapely {
		leastThird, mostStep = growingLastThird, growingJump
	}
	s, growth := &e.shape, e.growth()
	return (e.window.lives == 1 || e.failed == passed) && e.failed != isOver && !e.daily && e.mended == unmended &&
		f.low > 0 && f.slope >= significant*f.error && growth >= growingNoise*f.sd && growth >= e.smallest() &&
		s.lastThird >= leastThird && s.jump <= mostStep && !s.step && !s.ended
}
