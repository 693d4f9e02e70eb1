package leakguard

import (
	"math"
	"time"
)

// verdict fills in the figures of the window that was chosen.
func (j *judgement) verdict() Verdict {
	var v Verdict
	if e := j.chief; e != nil {
		hour := float64(time.Hour) / float64(j.config.resolution()) * e.window.level
		v.PerHour, v.Low, v.High = e.fit.best*hour, e.fit.low*hour, e.fit.high*hour
	}
	if isGrowth(j.state) {
		v.Since = j.since()
		v.ReachesLimit = j.reaches(v)
		j.escalate(v.ReachesLimit)
	}
	v.State = j.state
	v.Why = j.why(&v)
	return v
}

// since looks for the onset in the window that was chosen; where that grows from
// its start, in the next longer one that grows too.
func (j *judgement) since() time.Time {
	began, least := j.chief.window.first, leastRecent*j.chief.fit.best*j.chief.window.level
	for k := j.chief.tier; k < tierCount; k++ {
		e := &j.tiers[k]
		w := &e.window
		if e.failed == tooFew || e.fit.best*w.level < least {
			break
		}
		began = w.first
		if w.lives == 1 {
			began += int64(w.onset(&e.fit))
		}
		if began > w.first+int64(2*w.width) {
			break
		}
	}
	if at := j.timeOf(began); !at.After(j.at) {
		return at
	}
	return j.timeOf(j.lives[j.lifeN-1].first) // the clock of a former life was wrong
}

// reaches extrapolates to the limit: none where the slope may be zero.
func (j *judgement) reaches(v Verdict) time.Time {
	limit := j.config.Limit
	if limit == 0 || v.Low <= 0 {
		return time.Time{}
	}
	after := max(limit-j.chief.at(j.lives[j.lifeN-1].last), 0) / v.PerHour * float64(time.Hour)
	if !(after < foreseeable) {
		return time.Time{}
	}
	return j.at.Add(time.Duration(after))
}

// foreseeable is how far an extrapolation may go: a hundred years.
const foreseeable = float64(100 * 365 * 24 * time.Hour)

// escalate makes the state one worse where the limit is near, whatever the
// growth alone is called. Leaking still needs its age.
func (j *judgement) escalate(reaches time.Time) {
	near := nearLimit * j.config.resolution()
	if reaches.IsZero() || reaches.Sub(j.at) > near {
		return
	}
	switch {
	case j.state == Growing:
		j.state, j.limit = Suspect, true
	case j.state == Suspect && j.age() >= leakingAge:
		j.state, j.limit = Leaking, true
	}
}

// best is the growth over the window by the line that fits best.
func (e *evidence) best() float64 { return e.fit.best * e.window.span * e.window.level }

// at is the value of the line in a bucket of the latest life, at its usual load.
func (e *evidence) at(number int64) float64 {
	w := &e.window
	value, time, n := 0.0, 0.0, 0.0
	for i := w.n - 1; i >= 0 && w.life[i] == w.life[w.n-1]; i-- {
		value, time, n = value+w.y[i], time+w.at[i], n+1
	}
	ahead := float64(number-w.first) - time/n
	return (value/n + e.fit.best*ahead) * w.level
}

// end is the value at the end, in the unit of the values: the lowest of three
// points, for one may be a spike.
func (e *evidence) end() float64 {
	w := &e.window
	if w.n == 0 {
		return math.NaN()
	}
	tail := w.y[max(0, w.n-3):w.n]
	lowest := tail[0]
	for _, y := range tail {
		lowest = min(lowest, y)
	}
	return lowest * w.level
}
