package singleflight

import (
	"math/bits"
	"sync/atomic"

	"github.com/govitals/govitals/metric"
)

// Sizes of values reach from 1 byte to 2^largest (1 TiB): what is larger counts in
// the last bucket.
const largest = 40

// byteCounts counts sizes in buckets that double, which any number of goroutines
// may do at once.
type byteCounts struct {
	counts [largest + 1]atomic.Uint64 // of up to 2^i bytes
	zero   atomic.Uint64
	sum    atomic.Uint64
}

func (h *byteCounts) observe(size int64) {
	if size <= 0 {
		h.zero.Add(1)
		return
	}
	h.counts[min(bits.Len64(uint64(size-1)), largest)].Add(1)
	h.sum.Add(uint64(size))
}

// metric returns the counts for an exporter, without the buckets at the ends that
// are empty.
func (h *byteCounts) metric() *metric.Histogram {
	from, to := 0, len(h.counts)
	for from < to && h.counts[from].Load() == 0 {
		from++
	}
	for to > from && h.counts[to-1].Load() == 0 {
		to--
	}
	m := &metric.Histogram{Schema: 0, First: from, Zero: h.zero.Load(), Sum: float64(h.sum.Load())}
	for i := from; i < to; i++ {
		m.Counts = append(m.Counts, h.counts[i].Load())
	}
	return m
}
