package singleflight

import (
	"math"
	"sync/atomic"

	"github.com/govitals/govitals/metric"
)

// The buckets of a histogram reach from 2^lowest (1 µs) to 2^highest (1 TiB), one
// for each doubling: what is lower or higher counts in the first or the last.
const lowest, highest = -20, 40

// histogram counts values in buckets that double, which any number of goroutines
// may do at once.
type histogram struct {
	counts [highest - lowest + 1]atomic.Uint64
	zero   atomic.Uint64
	sum    atomic.Uint64 // bits of a float64
}

func (h *histogram) observe(value float64) {
	if value <= 0 {
		h.zero.Add(1)
		return
	}
	fraction, exponent := math.Frexp(value) // value = fraction * 2^exponent, fraction from 0.5 to 1
	if fraction == 0.5 {
		exponent-- // upper edges belong to their bucket
	}
	h.counts[min(max(exponent, lowest), highest)-lowest].Add(1)
	for {
		old := h.sum.Load()
		if h.sum.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+value)) {
			return
		}
	}
}

// metric returns the counts for an exporter, without the buckets at the ends that
// are empty.
func (h *histogram) metric() *metric.Histogram {
	from, to := 0, len(h.counts)
	for from < to && h.counts[from].Load() == 0 {
		from++
	}
	for to > from && h.counts[to-1].Load() == 0 {
		to--
	}
	m := &metric.Histogram{Schema: 0, First: lowest + from, Zero: h.zero.Load(), Sum: math.Float64frombits(h.sum.Load())}
	for i := from; i < to; i++ {
		m.Counts = append(m.Counts, h.counts[i].Load())
	}
	return m
}
