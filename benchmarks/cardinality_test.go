package benchmarks

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

var guardedLabels = []string{"method", "code", "path"}

func rawVec() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "raw", Help: "Raw."}, guardedLabels)
}

func guardedVec(sets int, options ...cardinality.Option) *cardinality.Vec[prometheus.Histogram] {
	return cardinality.NewVec(guardedLabels, func([]string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: "guarded", Help: "Guarded."})
	}, append(options, cardinality.MaxSets(sets))...)
}

// paths returns n values of a label, made before the clock runs.
func paths(n int) []string {
	paths := make([]string, n)
	for i := range paths {
		paths[i] = "/api/v1/resource/" + strconv.Itoa(i)
	}
	return paths
}

// BenchmarkCardinalityHit compares lookup and Observe of label sets that exist with
// the vec of client_golang.
func BenchmarkCardinalityHit(b *testing.B) {
	for _, n := range []int{1, 64, 10_000} {
		b.Run(fmt.Sprintf("%d_sets", n), func(b *testing.B) {
			values, raw, guard := paths(n), rawVec(), guardedVec(2*n)
			i := 0
			path := func() string { i = (i + 7) % n; return values[i] }
			for range n {
				p := path()
				raw.WithLabelValues("GET", "200", p).Observe(1)
				guard.With3("GET", "200", p).Observe(1)
			}
			with := func() { guard.With("GET", "200", path()).Observe(0.3) }
			with3 := func() { guard.With3("GET", "200", path()).Observe(0.3) }
			race(b,
				contestant{"With3", 2000, with3},
				contestant{"With", 2000, with},
				contestant{"raw", 2000, func() { raw.WithLabelValues("GET", "200", path()).Observe(0.3) }},
			)
			b.ReportMetric(testing.AllocsPerRun(1000, with), "With-allocs")
			b.ReportMetric(testing.AllocsPerRun(1000, with3), "With3-allocs")
		})
	}
}

// BenchmarkCardinalityOverflow compares what a flood of new label sets costs, per
// lookup and Observe, with a hit of the vec of client_golang among 64 sets.
func BenchmarkCardinalityOverflow(b *testing.B) {
	values, raw := paths(1_000_000), rawVec()
	for i := range 64 {
		raw.WithLabelValues("GET", "200", values[i]).Observe(1)
	}
	one := cardinality.NewVec([]string{"path"}, func([]string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: "one", Help: "One."})
	}, cardinality.MaxSets(1000))
	three, folding := guardedVec(1000), foldingVec()
	i := 0
	path := func() string { i = (i + 1) % len(values); return values[i] }
	for range values {
		p := path()
		one.With1(p).Observe(1)
		three.With3("GET", "200", p).Observe(1)
		folding.With3("GET", "200", p).Observe(1)
	}
	collapse := func() { three.With3("GET", "200", path()).Observe(0.3) }
	race(b,
		contestant{"collapse", 2000, collapse},
		contestant{"collapse_fair", 2000, func() { folding.With3("GET", "200", path()).Observe(0.3) }},
		contestant{"overflow", 2000, func() { one.With1(path()).Observe(0.3) }},
		contestant{"raw_hit", 2000, func() { raw.WithLabelValues("GET", "200", values[i%64]).Observe(0.3); i++ }},
	)
	b.ReportMetric(testing.AllocsPerRun(1000, collapse), "collapse-allocs")
}

// folding is a histogram whose set may be demoted.
type folding struct{ prometheus.Histogram }

func (folding) Fold(folding) {}

func foldingVec() *cardinality.Vec[folding] {
	return cardinality.NewVec(guardedLabels, func([]string) folding {
		return folding{prometheus.NewHistogram(prometheus.HistogramOpts{Name: "folding", Help: "Folding."})}
	}, cardinality.MaxSets(1000))
}

// BenchmarkCardinalityParallel compares two goroutines at 64 sets: lookups alone, and
// with Observe, in which they meet at the same histograms.
func BenchmarkCardinalityParallel(b *testing.B) {
	values, raw, guard := paths(64), rawVec(), guardedVec(1000)
	for _, p := range values {
		raw.WithLabelValues("GET", "200", p).Observe(1)
		guard.With3("GET", "200", p).Observe(1)
	}
	both := func(do func(path string)) func() {
		return func() {
			var group sync.WaitGroup
			for g := range 2 {
				group.Go(func() {
					for i := range 20_000 {
						do(values[(i*7+g*32)%64])
					}
				})
			}
			group.Wait()
		}
	}
	b.Run("lookup", func(b *testing.B) {
		race(b,
			contestant{"With3", 1, both(func(p string) { guard.With3("GET", "200", p) })},
			contestant{"raw", 1, both(func(p string) { raw.WithLabelValues("GET", "200", p) })},
		)
	})
	b.Run("observe", func(b *testing.B) {
		race(b,
			contestant{"With3", 1, both(func(p string) { guard.With3("GET", "200", p).Observe(0.3) })},
			contestant{"raw", 1, both(func(p string) { raw.WithLabelValues("GET", "200", p).Observe(0.3) })},
		)
	})
}

// BenchmarkCardinalityHeap reports how much the heap grows by a cap of 1,000 sets, and
// how much more by a million and by ten million distinct sets.
func BenchmarkCardinalityHeap(b *testing.B) {
	fill := func(n int) float64 {
		guard := guardedVec(1000)
		before := liveHeap()
		for i := range n {
			guard.With3("GET", "200", "/api/v1/resource/"+strconv.Itoa(i)).Observe(1)
		}
		grown := liveHeap() - before
		if got := guard.Guard().Stats(); n > 1000 && got.Overflowed != uint64(n-1000) {
			b.Errorf("%d of %d lookups overflowed", got.Overflowed, n)
		}
		return grown / 1024
	}
	for b.Loop() {
		fit := fill(1000)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(fit, "cap-KiB")
		b.ReportMetric(fill(1_000_000)-fit, "1M-more-KiB")
		b.ReportMetric(fill(10_000_000)-fit, "10M-more-KiB")
	}
}

// BenchmarkCardinalityCreate compares making a set that is admitted.
func BenchmarkCardinalityCreate(b *testing.B) {
	const n = 1000
	values := paths(n)
	create := func(do func(path string)) time.Duration {
		start := time.Now()
		for _, p := range values {
			do(p)
		}
		return time.Since(start)
	}
	var raw, guarded []float64
	for b.Loop() {
		r, g := rawVec(), guardedVec(2*n)
		raw = append(raw, float64(create(func(p string) { r.WithLabelValues("GET", "200", p) }))/n)
		guarded = append(guarded, float64(create(func(p string) { g.With3("GET", "200", p) }))/n)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(raw), "raw-ns")
	b.ReportMetric(median(guarded)/median(raw), "guarded/raw")
}
