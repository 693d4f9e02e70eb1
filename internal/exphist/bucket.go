package exphist

import (
	"math"
	"math/bits"
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

// cellBits is how much of a number the first look takes: its octave and a 64th of
// that. Such a cell is narrower than any bucket, so it holds one edge at most.
const (
	cellBits = 6
	cells    = 1 << cellBits
)

// edges holds the upper edges in nanoseconds; starts the bucket in which each cell
// begins.
var (
	edges  = upperEdges()
	starts = startingBuckets()
)

func upperEdges() (all [buckets]int64) {
	for i := range all {
		all[i] = int64(math.Exp2(float64(first+i)/perOctave) * 1e9)
	}
	return all
}

func startingBuckets() (all [64 * cells]uint16) {
	bucket := 0
	for octave := cellBits; octave < 63; octave++ {
		for cell := range cells {
			start := int64(cells+cell) << (octave - cellBits)
			for bucket < buckets-1 && edges[bucket] < start {
				bucket++
			}
			all[octave*cells+cell] = uint16(bucket)
		}
	}
	return all
}

// place returns which bucket a duration above zero belongs to, counted from 0. What
// is shorter than all is in the first one, what is longer than all in the last.
func place(d time.Duration) int {
	octave := bits.Len64(uint64(d)) - 1
	if octave < cellBits {
		return 0
	}
	i := int(starts[octave*cells|int(uint64(d)>>((octave-cellBits)&63))&(cells-1)])
	if i < buckets-1 && int64(d) > edges[i] {
		i++
	}
	return i
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
