package leakguard

import "math"

// shape is how a window came to be higher at its end, the load's share taken
// out. Slopes are relative to that of the whole.
type shape struct {
	lastThird float64 // slope of the last third
	halves    float64 // slope of the second half over that of the first
	ended     bool    // the last fifth is too slow, beyond doubt
	jump      float64 // the steepest eighth's share of the growth
	step      bool    // one step fits better than any line with a bend
}

// shape measures a window that rises.
func (w *window) shape(f *fit) shape {
	whole, _ := w.line()
	first, second := w.between(0, 0.5), w.between(0.5, 1)
	last, end := w.between(2./3, 1), w.between(0.8, 1)
	slope := whole.slope(f.elasticity)
	jump, sd := w.jump(f)
	s := shape{
		lastThird: math.Inf(1),
		halves:    math.Inf(1),
		jump:      jump / (slope * w.span),
		step:      w.lives == 1 && w.isStep(),
		ended: end.n >= 2*leastPerLife &&
			end.slope(f.elasticity)+endDoubt*sd/math.Sqrt(end.tt) < leastEnd*slope,
	}
	for _, elasticity := range [...]float64{f.least, f.elasticity, f.most} {
		all, early := whole.slope(elasticity), first.slope(elasticity)
		if all > 0 {
			s.lastThird = min(s.lastThird, last.slope(elasticity)/all)
		}
		if early > 0 {
			s.halves = min(s.halves, second.slope(elasticity)/early)
		}
	}
	return s
}

// jump returns the largest rise within an eighth of the window, beyond what noise
// does there, and the standard deviation of a point. Rises are those of means of
// three points; the noise is read off neighbouring points, which a step does not blur.
func (w *window) jump(f *fit) (rise, sd float64) {
	const stride = bucketCount / 8
	var z, moves [bucketCount]float64
	for i := range w.n {
		z[i] = w.y[i] - f.elasticity*w.x[i]
	}
	for i := 1; i < w.n; i++ {
		moves[i-1] = math.Abs(z[i] - z[i-1])
	}
	highest := 0.0
	for i := 0; i+stride+2 < w.n; i++ {
		if w.life[i] != w.life[i+stride+2] {
			continue
		}
		rise := (z[i+stride] + z[i+stride+1] + z[i+stride+2] - z[i] - z[i+1] - z[i+2]) / 3
		expected := (w.at[i+stride+1] - w.at[i+1]) - stride*w.width // where buckets are missing
		highest = max(highest, rise-f.best*expected)
	}
	sd = noise(moves[:max(w.n-1, 0)])
	return highest - 2*math.Sqrt(2./3)*sd, sd
}

// normalQuartile is the median of |N(0, 1)|.
const normalQuartile = 0.674

// noise returns the standard deviation of a point from the distances of
// neighbours, which differ by sqrt(2) of it.
func noise(moves []float64) float64 {
	if len(moves) == 0 {
		return 0
	}
	return nth(moves, len(moves)/2) / (normalQuartile * math.Sqrt2)
}

// nth returns what a sorted list has at a place, and sorts only what that takes
// (Hoare 1961).
func nth(list []float64, place int) float64 {
	low, high := 0, len(list)-1
	for low < high {
		pivot, i, k := list[place], low, high
		for i <= k {
			for list[i] < pivot {
				i++
			}
			for pivot < list[k] {
				k--
			}
			if i <= k {
				list[i], list[k] = list[k], list[i]
				i++
				k--
			}
		}
		if k < place {
			low = i
		}
		if i > place {
			high = k
		}
	}
	return list[place]
}

// isStep reports whether two levels explain more of the window than a line that
// is level up to a bend and straight after it, each beside the load.
func (w *window) isStep() bool {
	all := w.between(0, 1)
	xx := all.xx
	if !w.loads || xx <= 0 {
		xx = math.Inf(1)
	}
	n, y, x := float64(w.n), 0.0, 0.0
	for i := range w.n {
		y += w.y[i] / n
		x += w.x[i] / n
	}
	var s sums // of the points from the bend on
	step, bend := 0.0, 0.0
	for i := w.n - 1; i >= 0; i-- {
		s.add(w.t[i], w.y[i]-y, w.x[i]-x)
		if s.n >= leastPerLife && n-s.n >= leastPerLife {
			product, square := s.y-s.x*all.xy/xx, s.n-s.n*s.n/n-s.x*s.x/xx
			step = max(step, product*product/square)
		}
		ux, sum := s.tx-w.t[i]*s.x, s.t-s.n*w.t[i]
		product := s.ty - w.t[i]*s.y - ux*all.xy/xx
		square := s.tt - 2*w.t[i]*s.t + s.n*w.t[i]*w.t[i] - sum*sum/n - ux*ux/xx
		if s.n > leastPerLife && square > 0 {
			bend = max(bend, product*product/square)
		}
	}
	return step > bend
}

// onset returns where, in buckets from the start of the window, the growth
// began: the bend of the line that is level before and straight after it and
// fits best.
func (w *window) onset(f *fit) float64 {
	best, at := math.Inf(1), 0.0
	for k := 0; k+leastPerLife < w.n; k++ {
		var s sums
		for i := range w.n {
			s.add(max(0, w.t[i]-w.t[k]), w.y[i]-1-f.elasticity*(w.x[i]-1), 0)
		}
		s.centre()
		if s.tt <= 0 {
			continue
		}
		if left := s.yy - s.ty*s.ty/s.tt; left < best*(1-1e-9) {
			best, at = left, w.at[k]
		}
	}
	return at
}
