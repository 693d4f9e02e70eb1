// Package rtm reads runtime/metrics without allocating.
//
//	var reader = rtm.NewReader("/gc/heap/live:bytes", "/gc/cycles/total:gc-cycles")
//
//	reader.Read(func(v rtm.Values) { live, cycles = v.Uint64(0), v.Uint64(1) })
//
// # Cost
//
// One runtime/metrics.Read: no stop-the-world, about 20 ns per sample and
// 200 ns per histogram. The runtime serialises all readers of the process with
// one semaphore.
//
// # What it cannot see
//
// The sum of a histogram: the runtime keeps counts per bucket only.
package rtm

import (
	"runtime/metrics"
	"sync"
)

// Reader reads a fixed list of samples into memory that it reuses.
type Reader struct {
	mu      sync.Mutex
	samples []metrics.Sample
}

// Values are the samples of one read, in the order of NewReader.
type Values []metrics.Sample

// NewReader returns a Reader of the named samples. A name that the runtime does
// not know reads as 0; [Reader.Missing] finds such names.
func NewReader(names ...string) *Reader {
	samples := make([]metrics.Sample, len(names))
	for i, name := range names {
		samples[i].Name = name
	}
	return &Reader{samples: samples}
}

// Read reads all samples at once and calls use with them. use must not keep
// them and must not call Read.
func (r *Reader) Read(use func(Values)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	metrics.Read(r.samples)
	use(r.samples)
}

// Missing returns the names that this runtime does not know.
func (r *Reader) Missing() []string {
	var missing []string
	r.Read(func(values Values) {
		for _, sample := range values {
			if sample.Value.Kind() == metrics.KindBad {
				missing = append(missing, sample.Name)
			}
		}
	})
	return missing
}

// Uint64 returns the integer sample at index i, 0 if the runtime lacks it.
func (v Values) Uint64(i int) uint64 {
	if v[i].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return v[i].Value.Uint64()
}

// Float64 returns the floating-point sample at index i, 0 if the runtime lacks
// it.
func (v Values) Float64(i int) float64 {
	if v[i].Value.Kind() != metrics.KindFloat64 {
		return 0
	}
	return v[i].Value.Float64()
}
