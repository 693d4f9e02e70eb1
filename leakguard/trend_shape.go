package leakguard

import (
	"math"
	"slices"
)

// shape is how a window came to be higher at its end, the load's share taken
// out. Slopes are relative to that of the whole.
type shape struct {
	lastThird float64 // slope of the last third
	halves    float64 // slope of the second half over that of the first
	ended     bool    // the last fifth is too slow, beyond doubt
	jump      float64 // the steepest eighth's share of the growth
}

// shape measures a window that rises.
func (w *window) shape(f *fit) shape {
	whole, first, second := w.between(0, 1), w.between(0, 0.5), w.between(0.5, 1)
	last, end := w.between(2./3, 1), w.between(0.8, 1)
	slope := whole.slope(f.elasticity)
	jump, sd := w.jump(f)
	s := shape{
		lastThird: last.slope(f.elasticity) / slope,
		halves:    math.Inf(1),
		jump:      jump / (slope * w.span),
		ended: end.n >= 2*leastPerLife &&
			end.slope(f.elasticity)+endDoubt*sd/math.Sqrt(end.tt) < leastEnd*slope,
	}
	if early := first.slope(f.elasticity); early > 0 {
		s.halves = second.slope(f.elasticity) / early
	}
	return s
}

// jump returns the largest rise within an eighth of the window, beyond what
// noise does there, and the standard deviation of a point. Rises are those of means of three points; the noise is
// read off neighbouring points, which a step does not blur.
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

// noise returns the standard deviation of a point from the distances of
// neighbours, which differ by sqrt(2) of it; the median of |N(0, 1)| is 0.674.
func noise(moves []float64) float64 {
	if len(moves) == 0 {
		return 0
	}
	slices.Sort(moves)
	return moves[len(moves)/2] / (0.674 * math.Sqrt2)
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
