package leakguard

import "math"

// fit is a line through a window: value = level of the life + elasticity x load
// + slope x time. Values are in multiples of the level, times in buckets.
type fit struct {
	slope      float64 // the least that an elasticity within reason leaves
	low, high  float64
	best       float64 // the slope that fits best …
	elasticity float64 // … and how much of the load's change the value follows
	blamed     float64 // growth that was put down to the load
	sd         float64 // of the residuals
	error      float64 // standard error of slope, autocorrelation counted
	rho        float64 // autocorrelation of the residuals …
	inflate    float64 // … and how many of them count as one
	together   float64 // R² of the load over time
	doubt      float64 // standard error of elasticity
	least      float64 // the least elasticity that the shape must pass at …
	most       float64 // … and the most
}

// Where the R² of load over time is above collinear, both the rise of a day and
// a leak may fit, and above inseparable regression says nothing.
const (
	collinear   = 0.25
	inseparable = 0.9
)

// line is the best line, without what it takes to judge it.
func (w *window) line() (s sums, f fit) {
	if w.whole.n == 0 {
		w.whole = w.total()
	}
	if s = w.whole; s.tt <= 0 {
		return s, f
	}
	if det := s.tt*s.xx - s.tx*s.tx; w.loads && det > 0 {
		f.together = s.tx * s.tx / (s.tt * s.xx)
		f.elasticity = min(max((s.xy*s.tt-s.ty*s.tx)/det, 0), 1)
	}
	f.best = s.slope(f.elasticity)
	f.slope, f.least, f.most = f.best, f.elasticity, f.elasticity
	return s, f
}

// scatter is the sum of the squares about the best line.
func (w *window) scatter() float64 {
	s, f := w.line()
	b := f.elasticity
	return s.yy - 2*b*s.xy + b*b*s.xx - f.best*(s.ty-b*s.tx)
}

// fit finds the line. Value follows load with an elasticity of 0 to 1: at most
// in proportion. The least growth is taken that any elasticity leaves which the
// data allow: as a covariate alone the load would not help, for regression then
// picks load or time by chance. A slope that gives less growth than least is not
// worth an error.
func (w *window) fit(least float64, known worth) fit {
	s, f := w.line()
	if s.tt <= 0 || f.best*w.span < least {
		return f
	}
	f.errors(w, &s)
	if w.byLife {
		f.errorByLives(w, &s)
	}
	if w.loads && s.xx > 0 {
		det := max(s.tt*s.xx-s.tx*s.tx, 1e-9*s.tt*s.xx)
		f.doubt = f.sd * math.Sqrt(f.inflate*s.tt/det)
		f.bound(w, &s, known)
		f.allow(w)
		f.blamed = (s.slope(0) - f.slope) * w.span
	}
	return f
}

// How far off an elasticity may be, beside doubts standard errors: regression
// takes the load for exact and for the only thing that changes with the day.
const (
	doubts   = 3
	offLate  = 0.05 // once a whole day has told what the load is worth
	offEarly = 0.12 // before that
	offTrend = 0.3  // where the load is collinear with time
	// shapeReach is the share of this that the shape must withstand before a day
	// was seen: a warm-up beside a falling load is straight for one elasticity.
	shapeReach = 0.25
)

// reach is how far off the elasticity may be by what this window says.
func (f *fit) reach(w *window, known worth) float64 {
	reach := 1.0
	switch {
	case f.together < collinear && known.tier > 0:
		reach = offLate + doubts*f.doubt
	case f.together < collinear:
		reach = offEarly + doubts*f.doubt
	case f.together < inseparable:
		reach = offTrend + doubts*f.doubt
	}
	if reach >= 1 { // no elasticity is farther off
		return reach
	}
	return max(reach, w.wander())
}

// bound takes the least growth that any elasticity leaves which is possible by
// this window and by what was learnt in a longer one.
func (f *fit) bound(w *window, s *sums, known worth) {
	reach := f.reach(w, known)
	least, most := max(f.elasticity-reach, 0), min(f.elasticity+reach, 1)
	if known.tier > 0 {
		unit := w.scaleY / w.scaleX
		low, high := (known.perLoad-known.reach)*unit, (known.perLoad+known.reach)*unit
		if low < most && high > least {
			least, most = max(least, low), min(most, high)
		}
	} else {
		f.least = f.elasticity + shapeReach*(least-f.elasticity)
		f.most = f.elasticity + shapeReach*(most-f.elasticity)
	}
	was := f.best
	f.elasticity = min(max(f.elasticity, least), most)
	f.best = s.slope(f.elasticity)
	one, other := s.slope(most), s.slope(least)
	f.slope = min(one, other)
	f.low, f.high = f.low-was+f.slope, f.high-was+max(one, other)
}

// A part of a window tells an elasticity of its own where the load changes by
// leastSwing, and separable of that is not collinear with time.
const (
	separable  = 0.5
	leastSwing = 0.1
)

// wander returns by how much the elasticities of the halves of a window differ,
// where each can be told from time: they do if the load is of two kinds that
// are not worth the same.
func (w *window) wander() float64 {
	one, ok := w.alone(0, 0.5)
	other, too := w.alone(0.5, 1)
	if !ok || !too {
		return 0
	}
	return math.Abs(one-other) / 2
}

// alone returns the elasticity in a part of the window.
func (w *window) alone(from, to float64) (elasticity float64, ok bool) {
	s := w.between(from, to)
	det := s.tt*s.xx - s.tx*s.tx
	if s.n < shapely/2 || det < separable*s.tt*s.xx || s.xx < leastSwing*leastSwing*s.n {
		return 0, false
	}
	return (s.xy*s.tt - s.ty*s.tx) / det, true
}

// rests returns what the line leaves of each point.
func (w *window) rests(f *fit) (rests [bucketCount]float64) {
	for i := range w.n {
		rests[i] = w.y[i] - f.elasticity*w.x[i] - f.best*w.t[i]
	}
	return rests
}

// errors finds the scatter about the line and what it means for the slope.
// Residuals that follow each other say less than independent ones: n of them
// count as n(1-rho)/(1+rho), and rho itself is estimated too low, by about
// (2+4 rho)/n once a line is taken out (Marriott & Pope 1954).
func (f *fit) errors(w *window, s *sums) {
	square, product := 0.0, 0.0
	rests := w.rests(f)
	for start := 0; start < w.n; {
		end := w.lifeEnd(start)
		mean, before := 0.0, 0.0
		for _, rest := range rests[start:end] {
			mean += rest
		}
		mean /= float64(end - start)
		for _, rest := range rests[start:end] {
			rest -= mean
			square += rest * rest
			product += rest * before
			before = rest
		}
		start = end
	}
	n, used := s.n, 1+float64(w.lives)
	f.sd = math.Sqrt(square / max(n-used, 1))
	if square > 0 {
		f.rho = product / square
	}
	f.rho = min(max(f.rho+(2+4*f.rho)/n, 0), 0.95)
	f.inflate = (1 + f.rho) / (1 - f.rho)
	f.error = math.Sqrt(square / max(n-used*f.inflate, n/8) * f.inflate / s.tt)
	reach := quantile(max(n/f.inflate-used, 2)) * f.error
	f.low, f.high = f.best-reach, f.best+reach
}

// quantile is the 97.5 % quantile of Student's t (Cornish-Fisher expansion;
// Abramowitz & Stegun 26.7.5, within 3 % from two degrees of freedom).
func quantile(freedom float64) float64 {
	const z = 1.959964
	const z3, z5, z7 = z * z * z, z * z * z * z * z, z * z * z * z * z * z * z
	return z + (z3+z)/(4*freedom) + (5*z5+16*z3+3*z)/(96*freedom*freedom) +
		(3*z7+19*z5+17*z3-15*z)/(384*freedom*freedom*freedom)
}
