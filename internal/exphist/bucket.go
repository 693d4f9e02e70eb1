package exphist

import (
	"math"
	"time"
)

const (
	// schema is the resolution: 2^schema buckets for each doubling.
	schema    = 4
	perOctave = 1 << schema
	// The buckets reach from 2^lowest to 2^highest seconds.
	lowest, highest = -20, 12
	// first is the index of the first bucket, as Prometheus counts: bucket i
	// holds what is above 2^((i-1)/16) seconds and at most 2^(i/16).
	first = lowest*perOctave + 1
	// buckets is how many there are.
	buckets = (highest - lowest) * perOctave
)

// A float64 begins with its octave and the part of it, and cellBits bits of the
// latter make a cell: a 32nd of an octave. That is narrower than any bucket, so it
// holds one edge at most.
const (
	cellBits  = 5
	cells     = 64 << cellBits // of all that an int64 can be
	cellShift = 52 - cellBits
	firstCell = 1023 << cellBits // that of 1 ns; 1023 is the bias of the exponent
)

// edges holds the upper edges in nanoseconds. starts has the bucket in which a cell
// begins, and ends where that bucket ends: beside each other and not one after the
// other, as a processor loads both at once then.
var (
	edges        = upperEdges()
	starts, ends = firstLooks()
)

func upperEdges() (all [buckets]int64) {
	for i := range all {
		all[i] = int64(math.Exp2(float64(first+i)/perOctave) * 1e9)
	}
	return all
}

func firstLooks() (starts [cells]uint16, ends [cells]int64) {
	bucket := 0
	for i := range starts {
		begin := math.Float64frombits(uint64(firstCell+i) << cellShift)
		for bucket < buckets-1 && float64(edges[bucket]) < begin {
			bucket++
		}
		starts[i], ends[i] = uint16(bucket), edges[bucket]
		if bucket == buckets-1 {
			ends[i] = math.MaxInt64
		}
	}
	return starts, ends
}

// place returns which bucket a duration above zero belongs to, counted from 0. What
// is shorter than all is in the first one, what is longer than all in the last. It
// has no branch: whether a duration is beyond the edge in its cell is not foreseen.
func place(d time.Duration) int {
	cell := (math.Float64bits(float64(d))>>cellShift - firstCell) % cells
	beyond := uint64(ends[cell]-int64(d)) >> 63
	return int(starts[cell]) + int(beyond)
}

// upper returns the upper edge of a bucket.
func upper(place int) time.Duration { return time.Duration(edges[place]) }

// lower returns the lower edge of a bucket.
func lower(place int) time.Duration {
	if place == 0 {
		return 0
	}
	return time.Duration(edges[place-1])
}

// middle returns what stands for a bucket's values where they are averaged, in
// seconds.
func middle(place int) float64 {
	return math.Exp2((float64(place+first) - 0.5) / perOctave)
}
