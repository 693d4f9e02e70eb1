package usage

import "slices"

// Series is what a resource held after some numbers of iterations. The zero
// value is empty. It is for tens of readings: Judge compares each with each.
type Series struct {
	at      []float64 // iterations, rising
	values  []float64
	settled *float64 // the end once more, later
}

// Add appends a reading that was taken after a number of iterations, which must
// be higher than that of the reading before.
func (s *Series) Add(iteration int, value float64) {
	s.at = append(s.at, float64(iteration))
	s.values = append(s.values, value)
}

// Len returns the number of readings.
func (s *Series) Len() int { return len(s.at) }

// Settle sets what the resource holds some time after the last iteration. What
// grew and then went away is no growth.
func (s *Series) Settle(value float64) { s.settled = &value }

// Iterations returns how many there were between the first and the last reading.
func (s *Series) Iterations() float64 {
	if len(s.at) == 0 {
		return 0
	}
	return s.at[len(s.at)-1] - s.at[0]
}

// Less returns the series without what the iterations may leave behind.
func (s *Series) Less(perIteration float64) *Series {
	less := &Series{}
	for i, at := range s.at {
		less.Add(int(at), s.values[i]-perIteration*(at-s.at[0]))
	}
	if s.settled != nil {
		less.Settle(*s.settled - perIteration*s.Iterations())
	}
	return less
}

// Tolerance is what a series may do without being called growing.
type Tolerance struct {
	// Total is the rise of the floors that is noise.
	Total float64
	// Rate is the rise per iteration that is noise.
	Rate float64
	// Steady, if not 0, is a rise per iteration that is growth even where the
	// sum of it is below Total, if the whole has it and is SteadyTotal, and of
	// eight steps over 32 iterations or more at least six have most of it.
	Steady, SteadyTotal float64
	// Exact means that there is no noise, so that a series which rises faster in
	// the end, as with things that have not gone away yet, may be a growth.
	Exact bool
}

const (
	steadySteps      = 8
	steadyRises      = 6
	steadyMost       = 0.6
	steadyIterations = 32
	// keepsUp is which part of the early growth the late growth has to have: a
	// leak goes on, what fills up does not.
	keepsUp = 0.5
	// beginsEarly is which part of the late growth the early growth has to have:
	// a step beside some noise has none.
	beginsEarly = 0.3
)

// Judge returns by how much the series rises with each iteration, and whether
// it grows with the iterations rather than once, by chance, or until something
// is full.
func (s *Series) Judge(t Tolerance) (perIteration float64, grows bool) {
	if len(s.at) < 3 {
		return 0, false
	}
	perIteration = s.slope()
	grows = s.isSteady(t) || perIteration > t.Rate && s.floorsRise(t) && s.lasts(perIteration)
	return perIteration, grows && s.stays()
}

// isSteady reports whether nearly every step rises by what an iteration is known
// to leave behind. Something else may have become free in one or two of them.
func (s *Series) isSteady(t Tolerance) bool {
	last := len(s.at) - 1
	if t.Steady == 0 || last < steadySteps || s.Iterations() < steadyIterations {
		return false
	}
	rises := 0
	for i := range last {
		if s.values[i+1]-s.values[i] >= steadyMost*t.Steady*(s.at[i+1]-s.at[i]) {
			rises++
		}
	}
	return rises >= last*steadyRises/steadySteps && s.values[last]-s.values[0] >= max(t.Steady*s.Iterations(), t.SteadyTotal)
}

// floorsRise reports whether the minima of the three thirds rise, by enough in
// all, and do not level off. A minimum is not moved by a peak.
func (s *Series) floorsRise(t Tolerance) bool {
	n := len(s.values)
	first, second, third := slices.Min(s.values[:n/3]), slices.Min(s.values[n/3:2*n/3]), slices.Min(s.values[2*n/3:])
	early, late := second-first, third-second
	return early > 0 && late > 0 && early+late >= t.Total && late >= keepsUp*early && (t.Exact || early >= beginsEarly*late)
}

// lasts reports whether the last quarter still rises. What fills up and is full
// by then is no leak.
func (s *Series) lasts(perIteration float64) bool {
	last := len(s.at) - 1
	from := last - max(1, last/4)
	return s.values[last]-s.values[from] >= keepsUp*perIteration*(s.at[last]-s.at[from])
}

// stays reports whether half of the growth or more is still there later.
func (s *Series) stays() bool {
	first, last := s.values[0], s.values[len(s.values)-1]
	return s.settled == nil || *s.settled-first >= (last-first)/2
}

// slope is the median of the slopes between all pairs of readings (Theil 1950,
// Sen 1968), which a quarter of wild readings does not move.
func (s *Series) slope() float64 {
	slopes := make([]float64, 0, len(s.at)*(len(s.at)-1)/2)
	for i := range s.at {
		for j := i + 1; j < len(s.at); j++ {
			slopes = append(slopes, (s.values[j]-s.values[i])/(s.at[j]-s.at[i]))
		}
	}
	slices.Sort(slopes)
	middle := len(slopes) / 2
	if len(slopes)%2 == 1 {
		return slopes[middle]
	}
	return (slopes[middle-1] + slopes[middle]) / 2
}
