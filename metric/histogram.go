package metric

import (
	"fmt"
	"math"
	"slices"
)

// MaxSchema is the finest resolution of a [Histogram].
const MaxSchema = 8

// A float64 above zero is between 2^minExponent and 2^maxExponent.
const minExponent, maxExponent = -1074, 1024

// Histogram is a cumulative snapshot over exponential buckets, the layout that
// Prometheus native histograms and OpenTelemetry exponential histograms share:
// with base = 2^(2^-Schema), bucket i counts observations in
// (base^(i-1), base^i]. At Schema 4 neighbouring edges are 4.4 % apart.
//
// A snapshot is never changed after it was handed out.
type Histogram struct {
	// Schema is the resolution, 0 to MaxSchema.
	Schema int
	// First is the index i of Counts[0].
	First int
	// Counts holds the observations of each bucket, not cumulated.
	Counts []uint64
	// Zero counts observations at or below zero.
	Zero uint64
	// Sum adds up all observations.
	Sum float64
}

// Count returns the number of observations.
func (h *Histogram) Count() uint64 {
	total := h.Zero
	for _, n := range h.Counts {
		total += n
	}
	return total
}

// Cumulative returns, for each ascending bound, how many observations are at
// or below it. It is exact where every bound is a power of two.
func (h *Histogram) Cumulative(bounds []float64) []uint64 {
	counts := make([]uint64, len(bounds))
	total, next := h.Zero, 0
	for i, bound := range bounds {
		last := indexOfPowerOfTwo(bound, h.Schema)
		for next < len(h.Counts) && h.First+next <= last {
			total += h.Counts[next]
			next++
		}
		counts[i] = total
	}
	return counts
}

// indexOfPowerOfTwo returns the index of the bucket whose upper edge is bound.
func indexOfPowerOfTwo(bound float64, schema int) int {
	_, exponent := math.Frexp(bound) // bound = 0.5 * 2^exponent
	return (exponent - 1) << schema
}

func (h *Histogram) validate(name string) error {
	if h.Schema < 0 || h.Schema > MaxSchema {
		return fmt.Errorf("metric: %s: Histogram.Schema is %d: use 0 to %d", name, h.Schema, MaxSchema)
	}
	smallest, largest := minExponent<<h.Schema, maxExponent<<h.Schema
	if h.First < smallest || h.First > largest || h.First+len(h.Counts)-1 > largest {
		return fmt.Errorf("metric: %s: Histogram.First is %d with %d Counts: keep the buckets between %d and %d, where float64 ends",
			name, h.First, len(h.Counts), smallest, largest)
	}
	return nil
}

// PowersOfTwo returns the bounds 2^from, 2^(from+1), … 2^to for [Desc.Bounds].
func PowersOfTwo(from, to int) []float64 {
	bounds := make([]float64, 0, max(0, to-from+1))
	for exponent := from; exponent <= to; exponent++ {
		bounds = append(bounds, math.Ldexp(1, exponent))
	}
	return bounds
}

// ClassicBounds returns a copy of Bounds or, where none are set, the default.
func (d Desc) ClassicBounds() []float64 {
	if d.Bounds != nil {
		return slices.Clone(d.Bounds)
	}
	return PowersOfTwo(-13, 4)
}
