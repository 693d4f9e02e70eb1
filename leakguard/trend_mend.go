package leakguard

import "math"

// A cache that is dropped and fills again, a burst of minutes or a new level hides a leak
// in every window that holds it: the scatter about the line is that of the excursion or of
// the step. Windows of a day and more are judged again without such points, or with a
// level of its own on each side of a step. What passes only then must pass for longer (see
// hold), and is not called Growing.
const (
	// mendFull is how much of its window a tier must have for that.
	mendFull = 0.75
	// An outlier is farther off the line than so many standard deviations, and goes
	// back to it within longestDip points: what stays away is no outlier.
	outlying   = 4
	longestDip = bucketCount / 12
	// mendedHold is how many times as long as others a mended window must have passed.
	mendedHold = 2
	// A step has leastSide points on each side, and takes half of the scatter with it.
	leastSide = bucketCount / 6
	stepTakes = 0.5
)

// remedy is what was done to a window that passes only so.
type remedy string

const (
	unmended    remedy = ""
	noOutliers  remedy = "short excursions left out"
	apartByStep remedy = "a step left out: the growth is that on both sides of it"
)

// mend judges a window again that failed for its scatter.
func (e *evidence) mend(t *Trend) {
	w := &e.window
	if e.failed != insignificant && e.failed != stepped ||
		e.tier <= leakingTier || w.lives != 1 || w.extent() < mendFull*bucketCount {
		return
	}
	mended := *e
	mended.mended = noOutliers
	if mended.window.dropOutliers(&e.fit) && mended.rejudge(t) {
		*e = mended
		return
	}
	mended = *e
	mended.mended = apartByStep
	if mended.window.takeApart() && mended.rejudge(t) && mended.window.bothRise(&mended.fit) {
		*e = mended
	}
}

// rejudge reports whether the window passes as it is now, as sure as joined lives.
func (e *evidence) rejudge(t *Trend) bool {
	e.fit = e.window.fit(math.Inf(-1), t.worth)
	if e.failed = e.bySize(); e.failed != passed || e.fit.slope < joinedSignificant*e.fit.error {
		return false
	}
	e.shape = e.window.shape(&e.fit)
	e.failed = e.shape.judge()
	return e.failed == passed
}

// dropOutliers takes out short excursions from the line, and reports whether there
// were any. Where every fifth point is far off, the line is at fault.
func (w *window) dropOutliers(f *fit) bool {
	rests := w.rests(f)
	ranks := rests
	middle := nth(ranks[:w.n], w.n/2)
	for i := range w.n {
		rests[i] = math.Abs(rests[i] - middle)
	}
	ranks = rests
	most := outlying * nth(ranks[:w.n], w.n/2) / normalQuartile
	if nth(ranks[:w.n], w.n*4/5) > most {
		return false
	}
	n := 0
	for i := 0; i < w.n; {
		end := i
		for end < w.n && rests[end] > most {
			end++
		}
		if out := end - i; out > 0 && out <= longestDip && i > 0 && end < w.n {
			i = end
			continue
		}
		for end = max(end, i+1); i < end; i++ {
			w.at[n], w.t[n], w.y[n], w.x[n] = w.at[i], w.t[i], w.y[i], w.x[i]
			n++
		}
	}
	dropped := n < w.n
	w.n, w.parted, w.whole = n, false, sums{}
	return dropped
}

// takeApart gives each side of a step a level of its own, as if they were two lives, and
// reports whether there is one.
func (w *window) takeApart() bool {
	most := stepTakes * w.scatter()
	w.lives, w.stepped = 2, true
	at := 0
	for k := leastSide; k <= w.n-leastSide; k++ {
		w.stepAt(k)
		if left := w.scatter(); left < most {
			most, at = left, k
		}
	}
	if at > 0 {
		w.stepAt(at)
	}
	return at > 0
}

func (w *window) stepAt(k int) {
	former := w.life[0]
	for i := range w.n {
		w.life[i] = former
		if i >= k {
			w.life[i]++
		}
	}
	w.parted, w.whole = false, sums{}
}

// bothRise reports whether each side of a step rises as the whole does.
func (w *window) bothRise(f *fit) bool {
	for start := 0; start < w.n; {
		end := w.lifeEnd(start)
		var side sums
		side.join(w.moments(start, end))
		if side.slope(f.elasticity) < leastHalves*f.best {
			return false
		}
		start = end
	}
	return true
}
