package promguard

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/cardinality"
)

// storm has goroutines use sets of two labels, common ones and one-hit ones. Each
// keeps children, as handlers do, and uses them long after.
func storm(use func(child any), look func(a, b string) any) {
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 7))
			kept := make([]any, 16)
			for i := range 1500 {
				a, b := fmt.Sprint(random.IntN(20)), "GET"
				if i%3 == 0 {
					a = fmt.Sprint("junk", worker, i)
				}
				kept[i%len(kept)] = look(a, b)
				if child := kept[random.IntN(len(kept))]; child != nil {
					use(child)
				}
				if i%125 == 0 {
					time.Sleep(2 * time.Millisecond) // sets have to become idle
				}
			}
		})
	}
	group.Wait()
}

func gather(t testing.TB, g prometheus.Gatherer) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*dto.MetricFamily{}
	for _, f := range families {
		byName[f.GetName()] = f
	}
	return byName
}

// total adds up all series of a metric.
func total(f *dto.MetricFamily) (n float64) {
	for _, m := range f.GetMetric() {
		switch {
		case m.Histogram != nil:
			n += float64(m.GetHistogram().GetSampleCount())
		case m.Summary != nil:
			n += float64(m.GetSummary().GetSampleCount())
		case m.Counter != nil:
			n += m.GetCounter().GetValue()
		case m.Gauge != nil:
			n += m.GetGauge().GetValue()
		}
	}
	return n
}

// Nothing is lost or counted twice, whatever is admitted, shared and demoted
// meanwhile, and no scrape sees less than the one before.
func TestConservation(t *testing.T) {
	options := []cardinality.Option{cardinality.MaxSets(40), cardinality.Retention(8 * time.Millisecond)}
	labels := []string{"a", "b"}
	for name, make := range map[string]func() (prometheus.Collector, func(a, b string) any, *Guard){
		"histogram": func() (prometheus.Collector, func(a, b string) any, *Guard) {
			v := NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, labels, options...)
			return v, func(a, b string) any { return v.With2(a, b) }, v.Guard()
		},
		"native histogram": func() (prometheus.Collector, func(a, b string) any, *Guard) {
			v := NewHistogramVec(prometheus.HistogramOpts{Name: "x", NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 40}, labels, options...)
			return v, func(a, b string) any { return v.With2(a, b) }, v.Guard()
		},
		"summary": func() (prometheus.Collector, func(a, b string) any, *Guard) {
			v := NewSummaryVec(prometheus.SummaryOpts{Name: "x"}, labels, options...)
			return v, func(a, b string) any { return v.With2(a, b) }, v.Guard()
		},
		"counter": func() (prometheus.Collector, func(a, b string) any, *Guard) {
			v := NewCounterVec(prometheus.CounterOpts{Name: "x"}, labels, options...)
			return v, func(a, b string) any { return v.With2(a, b) }, v.Guard()
		},
		"gauge": func() (prometheus.Collector, func(a, b string) any, *Guard) {
			v := NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, labels, options...)
			return v, func(a, b string) any { return v.With2(a, b) }, v.Guard()
		},
	} {
		t.Run(name, func(t *testing.T) {
			collector, look, guard := make()
			registry := prometheus.NewPedanticRegistry()
			registry.MustRegister(collector)
			var recorded atomic.Int64
			done := scrapes(t, registry)
			for i := range 40 { // who comes later has to displace one of these
				recorded.Add(1)
				record(look(fmt.Sprint("first", i), "GET"))
			}
			shown := func() bool { stats := guard.Stats(); return stats.Overflowed > 0 && stats.Demoted > 0 }
			for end := time.Now().Add(time.Minute); !shown() && time.Now().Before(end); {
				storm(func(child any) {
					recorded.Add(1)
					record(child)
				}, look)
			}
			done()
			if got, want := total(gather(t, registry)["x"]), float64(recorded.Load()); got != want {
				t.Errorf("the series add up to %v of %v", got, want)
			}
			consistent(t, gather(t, registry)["x"])
			if !shown() {
				t.Errorf("%+v: the test does not show what it should", guard.Stats())
			}
			if n := len(gather(t, registry)["x"].GetMetric()); n > 40+32+1 {
				t.Errorf("%d series", n)
			}
		})
	}
}

func record(child any) {
	switch c := child.(type) {
	case prometheus.Gauge:
		c.Inc()
	case prometheus.Counter:
		c.Inc()
	case prometheus.Observer:
		c.Observe(rand.ExpFloat64())
	}
}

// scrapes scrapes all the time, and fails if a total goes down.
func scrapes(t *testing.T, registry *prometheus.Registry) (done func()) {
	var stop atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		last := 0.0
		for !stop.Load() {
			now := total(gather(t, registry)["x"])
			if now < last {
				t.Errorf("the total went from %v to %v", last, now)
			}
			last = now
			time.Sleep(3 * time.Millisecond)
		}
	})
	return func() { stop.Store(true); group.Wait() }
}

// consistent checks that buckets add up to the count.
func consistent(t *testing.T, f *dto.MetricFamily) {
	t.Helper()
	for _, m := range f.GetMetric() {
		h := m.GetHistogram()
		if h == nil {
			continue
		}
		last := uint64(0)
		for _, b := range h.GetBucket() {
			if b.GetCumulativeCount() < last || b.GetCumulativeCount() > h.GetSampleCount() {
				t.Errorf("buckets are not cumulative: %v", h)
			}
			last = b.GetCumulativeCount()
		}
		if h.Schema == nil {
			continue
		}
		n := int64(h.GetZeroCount())
		for _, buckets := range []map[int]int64{readSpans(h.GetPositiveSpan(), h.GetPositiveDelta()), readSpans(h.GetNegativeSpan(), h.GetNegativeDelta())} {
			for _, count := range buckets {
				n += count
			}
		}
		if n != int64(h.GetSampleCount()) {
			t.Errorf("native buckets hold %d of %d", n, h.GetSampleCount())
		}
	}
}

// sets returns how many label sets a collector has.
func sets(c prometheus.Collector) int {
	metrics, _ := collectAll(c)
	return len(metrics)
}

// valueOf returns the value of a counter or a gauge.
func valueOf(m prometheus.Metric) float64 {
	var data dto.Metric
	_ = m.Write(&data)
	return data.GetCounter().GetValue() + data.GetGauge().GetValue()
}
