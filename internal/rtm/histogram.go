package rtm

import (
	"math"
	"runtime/metrics"
)

// Histogram is a copy of a histogram of the runtime. The zero value is empty.
type Histogram struct {
	// Counts holds the observations of each bucket, not cumulated.
	Counts []uint64
	// Edges has one value more than Counts: bucket i holds what is at least
	// Edges[i] and below Edges[i+1]. The first may be -Inf, the last +Inf.
	Edges []float64
}

// Histogram copies the histogram at index i into h. It allocates only when h
// is too small, so a second copy into the same h is free. If the runtime lacks
// the sample, h becomes empty.
func (v Values) Histogram(i int, h *Histogram) {
	h.Counts, h.Edges = h.Counts[:0], h.Edges[:0]
	if v[i].Value.Kind() != metrics.KindFloat64Histogram {
		return
	}
	source := v[i].Value.Float64Histogram()
	h.Counts = append(h.Counts, source.Counts...)
	h.Edges = append(h.Edges, source.Buckets...)
}

// CopyTo makes to the same as h, in the memory that to has.
func (h *Histogram) CopyTo(to *Histogram) {
	to.Counts = append(to.Counts[:0], h.Counts...)
	to.Edges = append(to.Edges[:0], h.Edges...)
}

// Since returns how many observations bucket i gained since the earlier state.
func (h *Histogram) Since(earlier *Histogram, i int) uint64 {
	if i >= len(earlier.Counts) || earlier.Counts[i] > h.Counts[i] {
		return h.Counts[i]
	}
	return h.Counts[i] - earlier.Counts[i]
}

// Gained returns how many observations were added since the earlier state.
func (h *Histogram) Gained(earlier *Histogram) uint64 {
	var total uint64
	for i := range h.Counts {
		total += h.Since(earlier, i)
	}
	return total
}

// Quantile returns the upper edge of the bucket in which the q-quantile of the
// observations since the earlier state lies, so it is never too low; q is
// between 0 and 1, and 1 gives the maximum. Without observations it is 0.
func (h *Histogram) Quantile(earlier *Histogram, q float64) float64 {
	total := h.Gained(earlier)
	if total == 0 {
		return 0
	}
	rank, seen := uint64(1), uint64(0)
	if q > 0 { // what is negative or none has no defined conversion
		rank = max(1, min(total, uint64(math.Ceil(min(q, 1)*float64(total)))))
	}
	for i := range h.Counts {
		if seen += h.Since(earlier, i); seen >= rank {
			return h.upper(i)
		}
	}
	return 0
}

// upper returns the upper edge of bucket i; the last bucket has none, so its
// lower edge stands for it.
func (h *Histogram) upper(i int) float64 {
	if upper := h.Edges[i+1]; !math.IsInf(upper, 1) {
		return upper
	}
	return h.Edges[i]
}
