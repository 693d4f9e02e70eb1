package promguard

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

func histogramOf(opts prometheus.HistogramOpts, values []float64) *dto.Histogram {
	h := prometheus.NewHistogram(opts)
	for _, v := range values {
		h.Observe(v)
	}
	var m dto.Metric
	_ = h.Write(&m)
	return m.GetHistogram()
}

// Histograms of different resolution add up to what one of the coarser resolution
// would have counted, for all values.
func TestNativeOfDifferentSchema(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	factors := []float64{1.01, 1.1, 1.5, 2, 5, 100}
	for range 50 {
		var a, b []float64
		for range 200 {
			a = append(a, math.Exp(random.NormFloat64()*4)*float64(1-2*random.IntN(2)))
			b = append(b, math.Exp(random.NormFloat64()*4))
		}
		fine, coarse := factors[random.IntN(len(factors))], factors[random.IntN(len(factors))]
		threshold := []float64{0, 0.5, 2}[random.IntN(3)] // powers of two are edges of all schemas that matter
		optsA := prometheus.HistogramOpts{NativeHistogramBucketFactor: fine}
		optsB := prometheus.HistogramOpts{NativeHistogramBucketFactor: coarse, NativeHistogramZeroThreshold: threshold}
		both := prometheus.HistogramOpts{NativeHistogramBucketFactor: max(fine, coarse), NativeHistogramZeroThreshold: threshold}
		if threshold > 0 && max(fine, coarse) > 2 {
			continue // there a power of two may lie within a bucket
		}
		sum := readNative(histogramOf(optsA, a)).plus(readNative(histogramOf(optsB, b)), 1)
		want := readNative(histogramOf(both, append(a, b...)))
		got, expected := &dto.Histogram{}, &dto.Histogram{}
		sum.write(got)
		want.write(expected)
		if g, e := decoded(got), decoded(expected); !reflect.DeepEqual(g, e) {
			t.Fatalf("factors %v and %v, zero up to %v:\n%v\nwant\n%v", fine, coarse, threshold, g, e)
		}
		back := sum.plus(readNative(histogramOf(optsB, b)), -1).plus(readNative(histogramOf(optsA, a)), -1)
		if len(back.positive)+len(back.negative) != 0 || back.zero != 0 {
			t.Fatalf("taking both away leaves %v", back)
		}
	}
}

// A sum never has more buckets than the bound says.
func TestNativeBound(t *testing.T) {
	var sum *native
	for i := range 400 {
		one := &native{schema: 8, positive: map[int]int64{}, negative: map[int]int64{}}
		for k := range 100 {
			one.positive[i*100+k-20_000] = 1
		}
		sum = sum.plus(one, 1)
	}
	n := int64(0)
	for _, count := range sum.positive {
		n += count
	}
	if len(sum.positive) > maxNativeBuckets || n != 40_000 {
		t.Errorf("%d buckets that hold %d of 40000", len(sum.positive), n)
	}
}

// Spans from outside, as a metric of somebody else may have them, do no harm.
func FuzzSpans(f *testing.F) {
	f.Add(int32(0), uint32(3), int32(-5), uint32(2), int64(1), int64(-1))
	f.Add(int32(math.MaxInt32), uint32(math.MaxUint32), int32(math.MinInt32), uint32(1), int64(math.MaxInt64), int64(1))
	f.Fuzz(func(t *testing.T, o1 int32, l1 uint32, o2 int32, l2 uint32, d1, d2 int64) {
		spans := []*dto.BucketSpan{{Offset: &o1, Length: &l1}, {Offset: &o2, Length: &l2}}
		h := &dto.Histogram{Schema: new(int32), PositiveSpan: spans, PositiveDelta: []int64{d1, d2, d1}}
		sum := readNative(h).plus(readNative(h), 1)
		sum.write(h)
	})
}
