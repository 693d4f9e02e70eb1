package sim

import (
	"math"
	"slices"
	"time"
)

// Rates are the leaks that a detector is tried on, as shares of the level per hour.
var Rates = []float64{0.001, 0.003, 0.01, 0.03, 0.1}

// Score sums up the outcomes of one family, or of many.
type Score struct {
	// Of so many healthy lives, so many were called something.
	Healthy, FalseLeaking, FalseSuspect, FalseGrowing int
	// Of so many leaks of each rate, so many were called Leaking, after so long.
	Leaks, Found [5]int
	Delays       [5][]time.Duration
	// Of so many intervals asked for, so many held the true rate.
	Covered, Asked int
}

// Add counts one outcome.
func (s *Score) Add(o Outcome) {
	s.Covered += o.Covered
	s.Asked += o.Asked
	rate := slices.Index(Rates, o.Life.Leak)
	if rate < 0 {
		s.Healthy++
		s.FalseLeaking += count(o.Leaking != Never)
		s.FalseSuspect += count(o.Suspect != Never)
		s.FalseGrowing += count(o.GrowingLate)
		return
	}
	s.Leaks[rate]++
	if o.Leaking != Never {
		s.Found[rate]++
		s.Delays[rate] = append(s.Delays[rate], o.Leaking)
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Join adds another score.
func (s *Score) Join(o *Score) {
	s.Healthy += o.Healthy
	s.FalseLeaking += o.FalseLeaking
	s.FalseSuspect += o.FalseSuspect
	s.FalseGrowing += o.FalseGrowing
	s.Covered += o.Covered
	s.Asked += o.Asked
	for i := range Rates {
		s.Leaks[i] += o.Leaks[i]
		s.Found[i] += o.Found[i]
		s.Delays[i] = append(s.Delays[i], o.Delays[i]...)
	}
}

// Precision is the share of true verdicts among those that say Leaking, if
// healthy and leaking lives were equally many.
func (s *Score) Precision() float64 {
	found, leaks := 0, 0
	for i := range Rates {
		found += s.Found[i]
		leaks += s.Leaks[i]
	}
	right, wrong := ratio(found, leaks), ratio(s.FalseLeaking, s.Healthy)
	return right / (right + wrong)
}

func ratio(part, whole int) float64 { return float64(part) / float64(whole) }

// Wilson returns the 95 % interval of a share (Wilson 1927).
func Wilson(part, whole int) (low, high float64) {
	if whole == 0 {
		return 0, 1
	}
	const z = 1.959964
	n, p := float64(whole), ratio(part, whole)
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	reach := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, middle-reach), min(1, middle+reach)
}

// Median returns the middle of some delays, Never for none.
func Median(delays []time.Duration) time.Duration {
	if len(delays) == 0 {
		return Never
	}
	slices.Sort(delays)
	return delays[len(delays)/2]
}
