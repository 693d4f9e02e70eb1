package leakguard

import (
	"fmt"
	"math"
	"time"

	"github.com/govitals/govitals/internal/text"
)

// why puts the judgement into words: what was seen, which rules it meets, and
// what is missing for the next state.
func (j *judgement) why(v *Verdict) []string {
	var lines []string
	switch {
	case j.chief == nil || j.state == TooEarly:
		lines = append(lines, j.whyTooEarly())
	case isGrowth(j.state):
		lines = j.whyGrowing(j.chief, v)
	default:
		lines = j.whyOK(j.chief)
	}
	return append(lines, j.caveats()...)
}

func (j *judgement) whyTooEarly() string {
	return fmt.Sprintf("%s in %s: a verdict needs %d points and %s",
		text.Count(int(min(j.points, math.MaxInt32)), "point"), j.words(float64(j.age())), growingPoints, j.words(okAge))
}

func (j *judgement) whyGrowing(e *evidence, v *Verdict) []string {
	w, f := &e.window, &e.fit
	lines := []string{
		fmt.Sprintf("grew %s in %s, %s the residual noise; the slope is %s its standard error (autocorrelation %.1f)",
			j.figure(e.best()), j.words(w.span), times(f.best*w.span/f.sd), times(f.best/f.error), f.rho),
	}
	if e.failed == passed {
		lines = append(lines, fmt.Sprintf("the last third rises %.1f × as fast as the whole: no levelling off, no step", e.shape.lastThird))
	} else {
		lines = append(lines, "may still level off: "+j.objection(e))
	}
	if load := j.aboutLoad(e); load != "" {
		lines = append(lines, load)
	}
	if missing := j.missing(e); missing != "" {
		lines = append(lines, missing)
	}
	if !v.ReachesLimit.IsZero() {
		lines = append(lines, j.aboutLimit(v))
	}
	return lines
}

// objection says what the rule found that a window failed.
func (j *judgement) objection(e *evidence) string {
	s := &e.shape
	switch e.failed {
	case tooLittle:
		return fmt.Sprintf("%.1f %% in %s is too little for a leak", 100*e.growth(), j.words(e.window.span))
	case levelsOff:
		return fmt.Sprintf("the last third rises %.1f × as fast as the whole", s.lastThird)
	case stepped:
		return fmt.Sprintf("%.0f %% of it came within an eighth of the time, as a step does", 100*s.jump)
	case byLoad:
		return fmt.Sprintf("explained by load: it may account for %s of the change", j.figure(e.fit.blamed*e.window.level))
	case passed:
		return "it has not lasted"
	}
	return string(e.failed)
}

func (j *judgement) aboutLoad(e *evidence) string {
	sure := e.growth() * e.window.level
	switch {
	case !e.window.known && j.mayBeDay(e):
		return "the load is not known and the rise is not straight: it may be that of a day until a whole day was seen"
	case !e.window.known:
		return "the load is not known: what follows it counts as growth"
	case sure < 0.9*e.best():
		return fmt.Sprintf("the load rose too: at least %s of it cannot be explained by load", j.figure(sure))
	}
	return ""
}

// missing says what stands between the state and the next worse one.
func (j *judgement) missing(e *evidence) string {
	held, age := max(j.heldFor(e.tier), 0), float64(j.age())
	switch {
	case j.isCache(e):
		return fmt.Sprintf("within the %s that caches may fill", j.figure(j.config.ExpectCache))
	case j.state == Leaking && !j.limit:
		return fmt.Sprintf("all rules have held for %s, at an age of %s", j.words(held), j.words(age))
	case j.state != Leaking && age < leakingAge:
		return fmt.Sprintf("leak needs an age of %s: %s so far", j.words(leakingAge), j.words(age))
	case e.failed == passed:
		return fmt.Sprintf("leak needs all rules to hold for %s in a window of %s: %s so far in %s",
			j.words(e.hold(leakingHold)), j.words(leakingSpan), j.words(held), j.words(e.window.span))
	}
	return ""
}

func (j *judgement) aboutLimit(v *Verdict) string {
	line := fmt.Sprintf("reaches the limit of %s in %s", j.figure(j.config.Limit), text.Duration(v.ReachesLimit.Sub(j.at)))
	if !v.ReachesLimit.After(j.at) {
		line = fmt.Sprintf("has reached the limit of %s", j.figure(j.config.Limit))
	}
	if j.limit {
		return line + ": one word worse for that"
	}
	return line
}

func (j *judgement) whyOK(e *evidence) []string {
	w := &e.window
	lines := []string{fmt.Sprintf("%s in %s: %s", text.Change(rounded(e.best()), j.config.Unit), j.words(w.span), j.verdictOn(e))}
	least := max(growingNoise*e.fit.sd, significant*e.fit.error*w.span) * w.level / w.span
	hour := float64(time.Hour) / float64(j.config.resolution())
	return append(lines, fmt.Sprintf("growth below %s per hour would not show yet", j.figure(least*hour)))
}

func (j *judgement) verdictOn(e *evidence) string {
	switch e.failed {
	case passed:
		return "growth that has yet to last or to stand out of what was before"
	case tooLittle:
		return "too little to be a leak"
	}
	return j.objection(e)
}

// caveats says what was wrong with the input where it matters.
func (j *judgement) caveats() []string {
	var lines []string
	switch {
	case j.chief == nil:
	case j.chief.mended != unmended:
		lines = append(lines, string(j.chief.mended))
	case j.chief.window.lives > 1:
		lines = append(lines, fmt.Sprintf("slopes joined from %d lives, each without its warm-up", j.chief.window.lives))
	}
	if j.setBack > 0 {
		lines = append(lines, "the clock went back by more than "+j.words(jitter)+", "+text.Count(int(j.setBack), "time")+": it was followed")
	}
	if j.refused > j.points/10 {
		lines = append(lines, text.Count(int(min(j.refused, math.MaxInt32)), "value")+" left out: not a number, infinite or negative")
	}
	return lines
}

func (j *judgement) figure(x float64) string { return text.Figure(rounded(x), j.config.Unit) }

// words writes a number of buckets as a time.
func (j *judgement) words(buckets float64) string {
	d := buckets * float64(j.config.resolution())
	return text.Duration(time.Duration(min(d, foreseeable)))
}

// rounded keeps counts from showing digits that were not measured.
func rounded(x float64) float64 {
	if math.Abs(x) >= 10 {
		return math.Round(x)
	}
	return x
}

func times(x float64) string {
	if !(x <= 999) {
		return "more than 999 ×"
	}
	return fmt.Sprintf("%.0f ×", x)
}
