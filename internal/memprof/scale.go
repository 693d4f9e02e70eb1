package memprof

import "math"

// ceiling bounds every estimate, so that sums and differences cannot overflow
// whatever the records claim: 1 EiB.
const ceiling = 1 << 60

// scaler turns samples into estimates of what was really there. It does what
// scaleHeapSample in GOROOT/src/runtime/pprof/protomem.go does, so that figures
// agree with those of go tool pprof: an object of size s is sampled with the
// probability p = 1 - exp(-s/rate), and stands for 1/p objects.
type scaler struct {
	rate    int
	average float64 // the object size that factor belongs to
	factor  float64 // 1/p
}

// scale returns the estimate that count sampled objects of size bytes in total
// stand for.
func (s *scaler) scale(count, size int64) (objects, bytes int64) {
	if count == 0 || size == 0 {
		return 0, 0
	}
	if s.rate > 1 {
		s.use(float64(size) / float64(count))
		return bounded(float64(count) * s.factor), bounded(float64(size) * s.factor)
	}
	return min(max(count, 0), ceiling), min(max(size, 0), ceiling)
}

// use computes the factor for an object size. Neighbouring calls mostly ask for
// the same one.
func (s *scaler) use(average float64) {
	if average != s.average {
		s.average, s.factor = average, 1/(1-math.Exp(-average/float64(s.rate)))
	}
}

// variance returns the sampling variance of an estimate of bytes in use, in
// square bytes. n independent samples that each stand for s/p bytes have the
// variance n·(s/p)²·(1-p), which is bytes·s·(1-p)/p (Horvitz and Thompson 1952).
// For objects that are small against the rate this is bytes·rate; large ones
// are nearly always sampled and known almost exactly.
func (s *scaler) variance(bytes int64) float64 {
	if s.rate <= 1 || bytes == 0 {
		return 0
	}
	return float64(bytes) * min(s.average*(s.factor-1), float64(s.rate))
}

// bounded converts to an integer as pprof does, by truncation. Records that
// cannot be (negative, not a number) count as nothing.
func bounded(x float64) int64 {
	if !(x > 0) {
		return 0
	}
	return int64(min(x, ceiling))
}
