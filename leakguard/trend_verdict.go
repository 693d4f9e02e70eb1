package leakguard

import (
	"math"
	"time"
)

// Verdict is what a [Trend] has to say.
type Verdict struct {
	// State is TooEarly, OK, Growing, Suspect or Leaking.
	State State
	// PerHour is the growth per hour in the unit of the values, what the load
	// explains taken out.
	PerHour float64
	// Low and High bound PerHour at 95 %.
	Low, High float64
	// Since is when the growth began, as far as it is remembered. It is zero
	// unless the state is Growing or worse.
	Since time.Time
	// ReachesLimit is when the value reaches the limit if it goes on like this.
	// It is zero if that is not foreseen.
	ReachesLimit time.Time
	// Why lists the rules that led to the state, with their figures.
	Why []string
}

// judgement is a verdict on its way.
type judgement struct {
	*Trend
	tiers [livesTier + 1]evidence
	state State
	chief *evidence // the window that the figures are taken from, nil if there is none
	limit bool      // the state is one worse than the growth alone, for the limit is near
}

// Verdict judges what was added so far. It changes nothing.
func (t *Trend) Verdict() Verdict {
	j := judgement{Trend: t, state: TooEarly}
	if t.lifeN > 0 {
		j.examine()
		j.decide()
	}
	return j.verdict()
}

func (j *judgement) examine() {
	for k := range j.tiers {
		e := &j.tiers[k]
		e.examine(j.Trend, k, withShape)
		e.mend(j.Trend)
		if e.failed == tooFew {
			continue
		}
		e.daily = j.isDaily(e)
		if e.failed == passed && e.daily {
			e.failed = asYesterday
		}
		if k < suspectTier {
			continue
		}
		for _, shorter := range e.witnesses(j.Trend) {
			if e.failed == passed && shorter > 0 {
				e.compare(&j.tiers[shorter])
			}
		}
	}
}

// decide takes the worst that any window says, and of those that say it the
// longest, which knows the slope best, unless it saw much of the time before.
func (j *judgement) decide() {
	for k := range j.tiers {
		e := &j.tiers[k]
		if e.failed == tooFew {
			continue
		}
		e.state = j.stateOf(e)
		if j.chief == nil || e.state.Worse(j.state) || e.state == j.state && !(e.state != OK && e.shape.halves > accelerates) {
			j.state, j.chief = e.state, e
		}
	}
	if j.state == OK && (j.age() < okAge || j.points < growingPoints) {
		j.state = TooEarly
	}
}

// stateOf is the state that one window proves.
func (j *judgement) stateOf(e *evidence) State {
	age, held := j.age(), j.heldFor(e.tier)
	switch {
	case j.isCache(e):
	case j.isConfirmed(e) && age >= leakingAge && held >= e.hold(leakingHold) && !j.mayBeDay(e):
		return Leaking
	case e.failed == passed && age >= suspectAge && e.tier >= suspectTier && held >= e.hold(0) &&
		(e.tier > leakingTier || j.isNew(e)):
		return Suspect
	}
	if j.points >= growingPoints && e.isGrowing() && j.isNew(e) {
		return Growing
	}
	return OK
}

// hold is for how long a window must have passed every rule.
func (e *evidence) hold(least float64) float64 {
	hold := max(least, e.window.span/8)
	if e.mended != unmended {
		hold *= mendedHold
	}
	return hold
}

// isConfirmed reports whether a window that is long enough passes every rule. Of
// growth that gathers pace the half of the length must say the same: a step and
// what follows it bend a long window upwards. The shortest must stand out of what
// was before: a part of a day may look like anything.
func (j *judgement) isConfirmed(e *evidence) bool {
	return e.failed == passed && e.tier >= leakingTier &&
		(e.tier > leakingTier || j.isNew(e)) &&
		(e.tier == livesTier || e.shape.halves <= accelerates || j.tiers[e.tier-1].failed == passed)
}

// isCache reports whether the growth is still within what caches may fill.
func (j *judgement) isCache(e *evidence) bool {
	return j.config.ExpectCache > 0 && e.end()-j.lives[j.lifeN-1].low <= j.config.ExpectCache
}

// mayBeDay reports whether the growth may be the rise of a day: the load is not
// known, no whole day was seen, and the line is not as straight as a leak.
func (j *judgement) mayBeDay(e *evidence) bool {
	seen := time.Duration(min(j.age(), int64(dayAndMore/j.config.resolution())+1)) * j.config.resolution()
	return !e.window.known && seen > partOfDay && seen < dayAndMore && e.fit.rho > straight
}

// isNew reports whether what a window shows stands out of the time before it,
// as each longer window remembers it: the end out of its level, and the growth
// out of its noise, unless that time rose already. Without a memory everything
// is new.
func (j *judgement) isNew(e *evidence) bool {
	growth, end := e.growth()*e.window.level, e.end()
	for k := e.tier + 2; k < tierCount; k++ {
		old, ok := j.tiers[k].window.before(e.window.first)
		if ok && (end < old.mean+growingHigh*old.sd || growth < growingNoise*old.sd && old.rise < aboveNoise*old.sd) {
			return false
		}
	}
	return true
}

// past is what a window holds from before some time, in the unit of the values.
type past struct {
	mean, rise float64
	sd         float64 // about the line that rises so much
}

// before reads what a window holds from before a bucket.
func (w *window) before(number int64) (past, bool) {
	var s sums
	span := 0.0
	for i := 0; i < w.n && w.first+int64(w.at[i]) < number; i++ {
		s.add(w.at[i], w.y[i]-1, 0)
		span = w.at[i] - w.at[0]
	}
	if s.n < leastBefore {
		return past{}, false
	}
	mean := 1 + s.y/s.n
	s.centre()
	rest := max(s.yy-s.ty*s.ty/s.tt, 0) / (s.n - 2)
	return past{mean: mean * w.level, rise: s.slope(0) * span * w.level, sd: math.Sqrt(rest) * w.level}, true
}
