package usage

import "iter"

// Cohorts remember at which reading each thing was seen first, so that what is
// left in the end can be told by when it came: what came and went again leaves
// no trace, and what was there before everything does not count. It keeps one
// entry for each thing that is alive.
type Cohorts[K comparable] struct {
	before map[K]bool
	first  map[K]int // number of the reading
	latest int
}

// NewCohorts returns Cohorts that leave out what is there already.
func NewCohorts[K comparable](before iter.Seq[K]) *Cohorts[K] {
	c := &Cohorts[K]{before: map[K]bool{}, first: map[K]int{}}
	for thing := range before {
		c.before[thing] = true
	}
	return c
}

// See takes a reading of what is alive. Readings are numbered from 0 and come
// in order; the same number again replaces what is alive.
func (c *Cohorts[K]) See(reading int, alive iter.Seq[K]) {
	now := make(map[K]int, len(c.first))
	for thing := range alive {
		if c.before[thing] {
			continue
		}
		first, known := c.first[thing]
		if !known {
			first = reading
		}
		now[thing] = first
	}
	c.first, c.latest = now, reading
}

// IsNew reports whether a thing was not there before everything.
func (c *Cohorts[K]) IsNew(thing K) bool { return !c.before[thing] }

// Counts returns, for readings 0 to the latest, how many of the given things
// were seen first by then. Things that were there before do not count.
func (c *Cohorts[K]) Counts(of iter.Seq[K]) []float64 {
	counts := make([]float64, c.latest+1)
	for thing := range of {
		if first, known := c.first[thing]; known {
			counts[first]++
		}
	}
	for i := range counts[1:] {
		counts[i+1] += counts[i]
	}
	return counts
}
