package ring

import (
	"math"
	"time"
)

// Tier is one resolution.
type Tier struct {
	// Every is the length of a bucket, above 0.
	Every time.Duration
	// Buckets is how many are kept, above 0.
	Buckets int
}

// Range is what one series did within a bucket: its lowest (Min), highest (Max)
// and last value (Last). All three are NaN if it was not known.
type Range struct{ Min, Max, Last float32 }

// unknown is the Range of a series without values.
var unknown = Range{Min: float32(math.NaN()), Max: float32(math.NaN()), Last: float32(math.NaN())}

// Known reports whether the series had a value.
func (r Range) Known() bool { return r.Last == r.Last }

// add takes in one value; NaN means not known and changes nothing.
func (r *Range) add(value float32) {
	switch {
	case value != value:
	case !r.Known():
		*r = Range{value, value, value}
	default:
		*r = Range{min(r.Min, value), max(r.Max, value), value}
	}
}

// Ring is a set of series at several resolutions. It is not safe for concurrent
// use.
type Ring struct {
	series  int
	tiers   []tier
	origin  time.Time // where bucket 0 of each tier begins
	started bool
}

// tier is one resolution: a circle of buckets in which bucket n is at n modulo
// their number.
type tier struct {
	every   time.Duration
	newest  int64
	numbers []int64 // which bucket a place holds, counted from 1; 0 is none
	values  []Range // series by series, bucket by bucket
}

// New returns an empty Ring for a number of series. The tiers go from fine to
// coarse.
func New(series int, tiers ...Tier) *Ring {
	r := &Ring{series: series}
	for _, t := range tiers {
		r.tiers = append(r.tiers, tier{
			every: t.Every, numbers: make([]int64, t.Buckets), values: make([]Range, t.Buckets*series),
		})
	}
	return r
}

// Bytes returns the memory that the buckets take.
func (r *Ring) Bytes() int {
	total := 0
	for _, t := range r.tiers {
		total += 8*len(t.numbers) + 12*len(t.values)
	}
	return total
}

// Add takes in one value for each series; NaN means not known. A time before
// that of the call before counts as the same time.
func (r *Ring) Add(at time.Time, values []float32) {
	if !r.started {
		r.origin, r.started = at, true
	}
	for i := range r.tiers {
		bucket := r.tiers[i].at(at.Sub(r.origin), r.series)
		for s := range bucket {
			bucket[s].add(values[s])
		}
	}
}

// at returns the bucket for a time since the origin, emptied if it held an
// older one.
func (t *tier) at(elapsed time.Duration, series int) []Range {
	t.newest = max(t.newest, int64(elapsed/t.every))
	place := int(t.newest % int64(len(t.numbers)))
	bucket := t.values[place*series:][:series]
	if t.numbers[place] != t.newest+1 {
		t.numbers[place] = t.newest + 1
		for s := range bucket {
			bucket[s] = unknown
		}
	}
	return bucket
}
