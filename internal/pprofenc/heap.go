package pprofenc

import (
	"iter"
	"math"
	"runtime"
)

// Heap returns a profile without samples that means what the heap profile of
// runtime/pprof means: alloc_objects, alloc_space, inuse_objects, inuse_space.
// The rate is [runtime.MemProfileRate].
func Heap(rate int) Profile {
	return Profile{
		SampleTypes: []ValueType{
			{"alloc_objects", "count"}, {"alloc_space", "bytes"},
			{"inuse_objects", "count"}, {"inuse_space", "bytes"},
		},
		PeriodType:  ValueType{"space", "bytes"},
		Period:      int64(rate),
		HideRuntime: true,
	}
}

// Records yields a sample of [Heap] for each record of [runtime.MemProfile].
func Records(records []runtime.MemProfileRecord, rate int) iter.Seq[Sample] {
	return func(yield func(Sample) bool) {
		var values [4]int64
		for i := range records {
			r := &records[i]
			s := Sample{Stack: r.Stack0[:], Values: values[:]}
			values[0], values[1] = Scale(r.AllocObjects, r.AllocBytes, rate)
			values[2], values[3] = Scale(r.InUseObjects(), r.InUseBytes(), rate)
			if r.AllocObjects > 0 {
				s.BytesPerObject = r.AllocBytes / r.AllocObjects
			}
			if !yield(s) {
				return
			}
		}
	}
}

// Scale estimates how many objects and bytes there are where the memory
// profiler saw some: it sees an allocation of n bytes with a probability of
// 1-exp(-n/rate), runtime/pprof/protomem.go. A difference between two readings
// may be scaled instead of the readings, because all objects of a record have
// the same size. Where the signs differ there is no size, and nothing is scaled.
func Scale(objects, bytes int64, rate int) (int64, int64) {
	if objects == 0 || bytes == 0 {
		return 0, 0
	}
	size := float64(bytes) / float64(objects)
	if rate <= 1 || size < 0 {
		return objects, bytes
	}
	scale := 1 / (1 - math.Exp(-size/float64(rate)))
	return int64(float64(objects) * scale), int64(float64(bytes) * scale)
}
