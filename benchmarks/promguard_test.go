package benchmarks

import (
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/cardinality/promguard"
)

var (
	promguardLabels = []string{"method", "code", "path"}
	promguardOpts   = prometheus.HistogramOpts{
		Name: "x", Buckets: prometheus.ExponentialBuckets(0.001, 2, 12),
	}
)

func promguardPaths(n int) []string {
	paths := make([]string, n)
	for i := range paths {
		paths[i] = fmt.Sprint("/orders/", i)
	}
	return paths
}

// BenchmarkPromguardHit compares finding a set and observing with the vec of
// client_golang, at several numbers of sets that come in turn.
func BenchmarkPromguardHit(b *testing.B) {
	for _, sets := range []int{1, 64, 10_000} {
		b.Run(fmt.Sprint("sets=", sets), func(b *testing.B) {
			guarded := promguard.NewHistogramVec(promguardOpts, promguardLabels, cardinality.MaxSets(20_000), cardinality.MaxBytes(1<<30))
			raw := prometheus.NewHistogramVec(promguardOpts, promguardLabels)
			paths := promguardPaths(sets)
			for _, p := range paths {
				guarded.With3("GET", "200", p).Observe(1)
				raw.WithLabelValues("GET", "200", p).Observe(1)
			}
			i := 0
			next := func() string {
				if i++; i >= sets {
					i = 0
				}
				return paths[i]
			}
			kept := guarded.With3("GET", "200", paths[0])
			labels := prometheus.Labels{"method": "GET", "code": "200", "path": paths[0]}
			against(b,
				contestant{"raw", 2000, func() { raw.WithLabelValues("GET", "200", next()).Observe(0.1) }},
				contestant{"WithLabelValues", 2000, func() { guarded.WithLabelValues("GET", "200", next()).Observe(0.1) }},
				contestant{"With3", 2000, func() { guarded.With3("GET", "200", next()).Observe(0.1) }},
				contestant{"kept", 2000, func() { kept.Observe(0.1) }},
				contestant{"rawWith", 2000, func() { raw.With(labels).Observe(0.1) }},
				contestant{"With", 2000, func() { guarded.With(labels).Observe(0.1) }},
			)
			b.ReportMetric(testing.AllocsPerRun(1000, func() { guarded.WithLabelValues("GET", "200", next()).Observe(0.1) }), "allocs/hit")
		})
	}
}

// BenchmarkPromguardOverflow compares sets beyond the limit with a hit of
// client_golang: one million distinct paths in turn, total limit and limit of the
// label.
func BenchmarkPromguardOverflow(b *testing.B) {
	paths := promguardPaths(1 << 20)
	total := promguard.NewHistogramVec(promguardOpts, promguardLabels, cardinality.MaxSets(1000))
	label := promguard.NewHistogramVec(promguardOpts, promguardLabels, cardinality.MaxValues("path", 100))
	raw := prometheus.NewHistogramVec(promguardOpts, promguardLabels)
	i := 0
	next := func() string { i++; return paths[i&(len(paths)-1)] }
	for range 200_000 {
		p := next()
		total.With3("GET", "200", p).Observe(0.1)
		label.With3("GET", "200", p).Observe(0.1)
	}
	against(b,
		contestant{"raw", 2000, func() { raw.WithLabelValues("GET", "200", paths[i&63]).Observe(0.1); i++ }},
		contestant{"overflow", 2000, func() { total.WithLabelValues("GET", "200", next()).Observe(0.1) }},
		contestant{"collapse", 2000, func() { label.WithLabelValues("GET", "200", next()).Observe(0.1) }},
	)
	b.ReportMetric(testing.AllocsPerRun(10_000, func() { total.WithLabelValues("GET", "200", next()).Observe(0.1) }), "allocs/overflow")
}

// BenchmarkPromguardCreate compares making a set. A round makes so many that each
// contestant pays for its own garbage: with one vec a round all collections fell into
// the rounds of the same one.
func BenchmarkPromguardCreate(b *testing.B) {
	paths := promguardPaths(2000)
	against(b,
		contestant{"raw", 8, func() {
			raw := prometheus.NewHistogramVec(promguardOpts, promguardLabels)
			for _, p := range paths {
				raw.WithLabelValues("GET", "200", p)
			}
		}},
		contestant{"create", 8, func() {
			guarded := promguard.NewHistogramVec(promguardOpts, promguardLabels, cardinality.MaxSets(4000))
			for _, p := range paths {
				guarded.With3("GET", "200", p)
			}
		}},
	)
}

// BenchmarkPromguardMemory measures the heap that one and ten million distinct
// sets leave behind, beside what the limit of 1000 sets is worth.
func BenchmarkPromguardMemory(b *testing.B) {
	grown := func(distinct int) float64 {
		guarded := promguard.NewHistogramVec(promguardOpts, promguardLabels, cardinality.MaxSets(1000))
		before := liveHeap()
		for i := range distinct {
			guarded.With3("GET", "200", fmt.Sprint("/orders/", i)).Observe(0.1)
		}
		after := liveHeap()
		runtime.KeepAlive(guarded)
		return after - before
	}
	for b.Loop() {
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(grown(1000)/1024, "KiB-at-the-limit")
		b.ReportMetric(grown(1_000_000)/1024, "KiB-after-1M")
		b.ReportMetric(grown(10_000_000)/1024, "KiB-after-10M")
	}
}

// BenchmarkPromguardGather measures WithLabelValues while 100,000 sets are gathered
// and new ones arrive: how late lookups are done, and the longest lookup of a new
// set in a gathering, the median over gatherings. On a machine that has other
// things to do the lateness is mostly time without a processor.
func BenchmarkPromguardGather(b *testing.B) {
	const sets = 100_000
	guarded := promguard.NewCounterVec(prometheus.CounterOpts{Name: "x"}, promguardLabels, cardinality.MaxSets(1<<20), cardinality.MaxBytes(1<<40))
	raw := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, promguardLabels)
	paths := promguardPaths(sets)
	for _, p := range paths {
		guarded.With3("GET", "200", p)
		raw.WithLabelValues("GET", "200", p)
	}
	ours := &gathering{c: guarded, paths: paths, use: func(p string) { guarded.WithLabelValues("GET", "200", p).Inc() }}
	theirs := &gathering{c: raw, paths: paths, use: func(p string) { raw.WithLabelValues("GET", "200", p).Inc() }}
	for b.Loop() {
		ours.run()
		theirs.run()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours.quantile(0.999), "p99.9-late-us")
	b.ReportMetric(theirs.quantile(0.999), "p99.9-late-raw-us")
	b.ReportMetric(median(ours.longest), "new-us")
	b.ReportMetric(median(theirs.longest), "new-raw-us")
	b.ReportMetric(median(ours.longest)/median(theirs.longest), "new/raw")
}

// gathering is what BenchmarkPromguardGather does with one vec.
type gathering struct {
	c       prometheus.Collector
	paths   []string
	use     func(path string)
	fresh   int
	late    []time.Duration
	longest []float64 // lookup of a new set in each run, in microseconds
}

// arrival is the time between two lookups.
const arrival = 20 * time.Microsecond

// run looks sets up by a timetable as long as a gathering runs: who waits keeps
// those behind waiting too, as requests do. One lookup in a thousand is of a new
// set.
func (g *gathering) run() {
	registry := prometheus.NewRegistry()
	registry.MustRegister(g.c)
	var running atomic.Bool
	running.Store(true)
	go func() {
		_, _ = registry.Gather()
		running.Store(false)
	}()
	var longest time.Duration
	start := time.Now()
	for i := 0; running.Load(); i++ {
		path := g.paths[i%len(g.paths)]
		if i%1000 == 999 {
			g.fresh++
			path = fmt.Sprint("/new/", g.fresh)
		}
		due := time.Duration(i) * arrival
		for time.Since(start) < due { // no Gosched: it would wait for a turn behind the gathering
		}
		before := time.Now()
		g.use(path)
		if i%1000 == 999 {
			longest = max(longest, time.Since(before))
		}
		g.late = append(g.late, time.Since(start)-due)
	}
	g.longest = append(g.longest, float64(longest.Microseconds()))
}

func (g *gathering) quantile(q float64) float64 {
	slices.Sort(g.late)
	return float64(g.late[int(q*float64(len(g.late)-1))].Microseconds())
}
