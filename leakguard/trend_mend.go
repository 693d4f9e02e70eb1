package leakguard

import "math"

// A cache that is dropped and fills again, or a burst of minutes, hides a leak in every
// window that holds it: the scatter about the line is that of the excursion. Windows of
// a day and more are judged again without such points. What passes only then must pass
// for longer (see hold), and is not called Growing.
const (
	// mendFull is how much of its window a tier must have for that.
	mendFull = 0.75
	// An outlier is farther off the line than so many standard deviations, and goes
	// back to it within longestDip points: what stays away is no outlier.
	outlying   = 4
	longestDip = bucketCount / 12
	// mendedHold is how many times as long as others a mended window must have passed.
	mendedHold = 2
)

// mend judges a window again that failed for its scatter.
func (e *evidence) mend(t *Trend) {
	w := &e.window
	if e.failed != insignificant && e.failed != stepped ||
		e.tier <= leakingTier || w.lives != 1 || w.extent() < mendFull*bucketCount {
		return
	}
	mended := *e
	mended.mended = true
	if mended.window.dropOutliers(&e.fit) && mended.rejudge(t) {
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
