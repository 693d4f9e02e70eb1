package benchmarks

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/HdrHistogram/hdrhistogram-go"
	vm "github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/internal/exphist"
)

// histograms are empty ones of each kind. All but classic reach from a microsecond
// or less to an hour or more.
type histograms struct {
	ours            exphist.Histogram
	hdr             *hdrhistogram.Histogram // it has no lock: its user needs one
	victoria        *vm.Histogram
	classic, native prometheus.Histogram
}

func newHistograms() *histograms {
	return &histograms{
		hdr:      hdrhistogram.New(int64(time.Microsecond), int64(68*time.Minute), 2),
		victoria: new(vm.Histogram),
		classic:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "a", Help: "a"}),
		native:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: "b", Help: "b", NativeHistogramBucketFactor: 1.1}),
	}
}

// BenchmarkHistogramRecord compares recording the same delays, of 20 µs to 1.7 s, by
// one goroutine and by two. HdrHistogram of two digits has a mutex in the second.
//
//	go test -run '^$' -bench HistogramRecord -benchtime 100x
func BenchmarkHistogramRecord(b *testing.B) {
	delays := make([]time.Duration, 1024)
	for i := range delays {
		delays[i] = time.Duration(20_000 * math.Exp(float64(i*7919%1024)/90))
	}
	h := newHistograms()
	var lock sync.Mutex
	all := []recording{
		{"exphist", func(d time.Duration) { h.ours.Record(d, 1) }},
		{"HdrHistogram", func(d time.Duration) { _ = h.hdr.RecordValue(int64(d)) }},
		{"VictoriaMetrics", func(d time.Duration) { h.victoria.Update(d.Seconds()) }},
		{"classic", func(d time.Duration) { h.classic.Observe(d.Seconds()) }},
		{"native", func(d time.Duration) { h.native.Observe(d.Seconds()) }},
	}
	b.Run("one", func(b *testing.B) {
		race(b, recordings(all, func(record func(time.Duration)) {
			for i := range 20_000 {
				record(delays[i&1023])
			}
		})...)
		b.ReportMetric(float64(unsafe.Sizeof(h.ours))/1024, "exphist-KiB")
		b.ReportMetric(float64(h.hdr.ByteSize())/1024, "HdrHistogram-KiB")
	})
	all[1].record = func(d time.Duration) {
		lock.Lock()
		_ = h.hdr.RecordValue(int64(d))
		lock.Unlock()
	}
	b.Run("two", func(b *testing.B) {
		race(b, recordings(all, func(record func(time.Duration)) {
			var group sync.WaitGroup
			for worker := range 2 {
				group.Go(func() {
					for i := range 20_000 {
						record(delays[(i+512*worker)&1023])
					}
				})
			}
			group.Wait()
		})...)
	})
}

type recording struct {
	name   string
	record func(time.Duration)
}

func recordings(all []recording, play func(record func(time.Duration))) (contestants []contestant) {
	for _, r := range all {
		contestants = append(contestants, contestant{r.name, 1, func() { play(r.record) }})
	}
	return contestants
}

// BenchmarkHistogramError reports the worst relative error of p50, p99 and p99.9 in
// samples of 20,000 delays, a new one in each iteration, against the sorted sample.
// Each histogram is read as its users do: ours and HdrHistogram by their own
// methods, the buckets of the others by interpolation as in PromQL and MetricsQL.
//
//	go test -run '^$' -bench HistogramError -benchtime 100x
func BenchmarkHistogramError(b *testing.B) {
	b.Run("lognormal", func(b *testing.B) {
		worstErrors(b, func(rnd *rand.Rand) float64 { return lognormal(rnd, 0.01, 1) })
	})
	b.Run("bimodal", func(b *testing.B) {
		worstErrors(b, func(rnd *rand.Rand) float64 {
			if rnd.IntN(10) < 7 { // a cache answers 7 of 10
				return lognormal(rnd, 0.001, 0.2)
			}
			return lognormal(rnd, 0.1, 0.2)
		})
	})
}

func lognormal(rnd *rand.Rand, median, sigma float64) float64 {
	return median * math.Exp(sigma*rnd.NormFloat64())
}

func worstErrors(b *testing.B, draw func(*rand.Rand) float64) {
	names := []string{"exphist", "HdrHistogram-2", "HdrHistogram-3", "VictoriaMetrics", "classic", "native"}
	worst := make([]float64, len(names))
	sample := make([]float64, 20_000)
	for seed := uint64(1); b.Loop(); seed++ {
		rnd := rand.New(rand.NewPCG(seed, 1))
		h, fine := newHistograms(), hdrhistogram.New(int64(time.Microsecond), int64(68*time.Minute), 3)
		for i := range sample {
			delay := time.Duration(draw(rnd) * float64(time.Second))
			sample[i] = delay.Seconds()
			h.record(delay)
			_ = fine.RecordValue(int64(delay))
		}
		slices.Sort(sample)
		for _, q := range []float64{0.5, 0.99, 0.999} {
			truth := sample[int(math.Ceil(q*float64(len(sample))))-1]
			for i, said := range h.quantiles(b, q, fine) {
				worst[i] = max(worst[i], math.Abs(said/truth-1))
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, name := range names {
		b.ReportMetric(100*worst[i], name+"-worst-%")
		if i > 0 {
			b.ReportMetric(worst[0]/worst[i], "exphist/"+name)
		}
	}
}

// TestHistogramReaders checks what is read of the buckets of others: all counts are
// there, and a quantile lies in the bucket that its value is in.
func TestHistogramReaders(t *testing.T) {
	h := newHistograms()
	for i := range 1000 {
		h.record(time.Duration(i+1) * time.Millisecond)
	}
	for name, spans := range map[string][]span{
		"VictoriaMetrics": victoriaBuckets(t, h.victoria), "classic": classicBuckets(t, h.classic), "native": nativeBuckets(t, h.native),
	} {
		total := 0.0
		for _, s := range spans {
			total += s.count
		}
		in, share := holding(0.5, spans)
		if total != 1000 || in.low >= 0.5 || in.high < 0.5 || share < 0 || share > 1 {
			t.Errorf("%s holds %v values, and the median of 0.5 s in %+v", name, total, in)
		}
	}
	if got := linear(0.5, []span{{1, 2, 1}, {2, 4, 2}}); got != 2.5 {
		t.Errorf("linear says %v, want a quarter of the way from 2 to 4", got)
	}
	if got := exponential(0.5, []span{{1, 2, 1}, {2, 32, 2}}); got != 4 {
		t.Errorf("exponential says %v, want 2 * 16^(1/4)", got)
	}
}

func (h *histograms) record(d time.Duration) {
	h.ours.Record(d, 1)
	_ = h.hdr.RecordValue(int64(d))
	h.victoria.Update(d.Seconds())
	h.classic.Observe(d.Seconds())
	h.native.Observe(d.Seconds())
}

// quantiles returns what each says in seconds, in the order of worstErrors.
func (h *histograms) quantiles(b *testing.B, q float64, fine *hdrhistogram.Histogram) []float64 {
	counts := h.ours.Counts()
	return []float64{
		counts.Quantile(q).Seconds(),
		time.Duration(h.hdr.ValueAtQuantile(100 * q)).Seconds(),
		time.Duration(fine.ValueAtQuantile(100 * q)).Seconds(),
		linear(q, victoriaBuckets(b, h.victoria)),
		linear(q, classicBuckets(b, h.classic)),
		exponential(q, nativeBuckets(b, h.native)),
	}
}

// span is a bucket: how many values were above low and not above high.
type span struct{ low, high, count float64 }

// holding returns the bucket that the quantile is in, and how far in it.
func holding(q float64, spans []span) (in span, share float64) {
	rank := 0.0
	for _, s := range spans {
		rank += q * s.count
	}
	for _, s := range spans {
		if rank <= s.count {
			return s, rank / s.count
		}
		rank -= s.count
	}
	return spans[len(spans)-1], 1
}

func linear(q float64, spans []span) float64 {
	in, share := holding(q, spans)
	return in.low + share*(in.high-in.low)
}

// exponential is how Prometheus 3 interpolates in native histograms.
func exponential(q float64, spans []span) float64 {
	in, share := holding(q, spans)
	return in.low * math.Pow(in.high/in.low, share)
}

func victoriaBuckets(b testing.TB, h *vm.Histogram) (spans []span) {
	h.VisitNonZeroBuckets(func(bounds string, count uint64) {
		s := span{count: float64(count)}
		if _, err := fmt.Sscanf(bounds, "%g...%g", &s.low, &s.high); err != nil {
			b.Fatal(bounds, err)
		}
		spans = append(spans, s)
	})
	return spans
}

func classicBuckets(b testing.TB, h prometheus.Histogram) (spans []span) {
	low, below := 0.0, uint64(0)
	for _, bucket := range written(b, h).GetBucket() {
		spans = append(spans, span{low, bucket.GetUpperBound(), float64(bucket.GetCumulativeCount() - below)})
		low, below = bucket.GetUpperBound(), bucket.GetCumulativeCount()
	}
	return spans
}

func nativeBuckets(b testing.TB, h prometheus.Histogram) (spans []span) {
	m := written(b, h)
	bound := func(index int32) float64 { return math.Exp2(float64(index) * math.Exp2(-float64(m.GetSchema()))) }
	index, count, deltas := int32(0), int64(0), m.GetPositiveDelta()
	for _, part := range m.GetPositiveSpan() {
		index += part.GetOffset()
		for range part.GetLength() {
			count, deltas = count+deltas[0], deltas[1:]
			spans = append(spans, span{bound(index - 1), bound(index), float64(count)})
			index++
		}
	}
	return spans
}

func written(b testing.TB, h prometheus.Histogram) *dto.Histogram {
	var m dto.Metric
	if err := h.Write(&m); err != nil {
		b.Fatal(err)
	}
	return m.GetHistogram()
}
