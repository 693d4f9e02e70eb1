package pprofenc

import (
	"iter"
	"math"
	"runtime"
)

// recordsOf yields a sample for each record of runtime.MemProfile, as
// runtime/pprof does.
func recordsOf(records []runtime.MemProfileRecord, rate int) iter.Seq[Sample] {
	return func(yield func(Sample) bool) {
		var values [4]int64
		for i := range records {
			r := &records[i]
			s := Sample{Stack: r.Stack0[:], Values: values[:]}
			values[0], values[1] = scale(r.AllocObjects, r.AllocBytes, rate)
			values[2], values[3] = scale(r.InUseObjects(), r.InUseBytes(), rate)
			if r.AllocObjects > 0 {
				s.BytesPerObject = r.AllocBytes / r.AllocObjects
			}
			if !yield(s) {
				return
			}
		}
	}
}

// scale is the formula of GOROOT/src/runtime/pprof/protomem.go, written down once
// more.
func scale(objects, bytes int64, rate int) (int64, int64) {
	if objects == 0 || bytes == 0 {
		return 0, 0
	}
	factor := 1 / (1 - math.Exp(-float64(bytes)/float64(objects)/float64(rate)))
	return int64(float64(objects) * factor), int64(float64(bytes) * factor)
}
