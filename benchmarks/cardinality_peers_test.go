package benchmarks

import (
	"fmt"
	"sync"
	"testing"

	vm "github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality/promguard"
)

// BenchmarkCardinalityPeers compares finding one of 64 label sets and observing in
// it: promguard, the raw vec of client_golang, and VictoriaMetrics' metrics, where a
// histogram is found by a name that has the labels in it. "kept" is an observation
// in a histogram that was found before.
//
//	go test -run '^$' -bench CardinalityPeers -benchtime 200x
func BenchmarkCardinalityPeers(b *testing.B) {
	guarded := promguard.NewHistogramVec(promguardOpts, promguardLabels)
	raw := prometheus.NewHistogramVec(promguardOpts, promguardLabels)
	set := vm.NewSet()
	paths := promguardPaths(64)
	for _, p := range paths {
		guarded.With3("GET", "200", p).Observe(0.1)
		raw.WithLabelValues("GET", "200", p).Observe(0.1)
		set.GetOrCreateHistogram(formattedName(p)).Update(0.1)
		if formattedName(p) != joinedName("GET", "200", p) {
			b.Fatal("the names differ, so they are not of the same histogram")
		}
	}
	with3 := func(p string) { guarded.With3("GET", "200", p).Observe(0.1) }
	withValues := func(p string) { guarded.WithLabelValues("GET", "200", p).Observe(0.1) }
	ofVec := func(p string) { raw.WithLabelValues("GET", "200", p).Observe(0.1) }
	formatted := func(p string) { set.GetOrCreateHistogram(formattedName(p)).Update(0.1) }
	joined := func(p string) { set.GetOrCreateHistogram(joinedName("GET", "200", p)).Update(0.1) }

	b.Run("one", func(b *testing.B) {
		one := func(do func(string)) func() {
			i := 0
			return func() { i++; do(paths[i%64]) }
		}
		race(b,
			contestant{"With3", 2000, one(with3)},
			contestant{"WithLabelValues", 2000, one(withValues)},
			contestant{"raw", 2000, one(ofVec)},
			contestant{"VictoriaMetrics-Sprintf", 2000, one(formatted)},
			contestant{"VictoriaMetrics-joined", 2000, one(joined)},
		)
		b.ReportMetric(testing.AllocsPerRun(1000, one(with3)), "With3-allocs")
		b.ReportMetric(testing.AllocsPerRun(1000, one(formatted)), "Sprintf-allocs")
		b.ReportMetric(testing.AllocsPerRun(1000, one(joined)), "joined-allocs")
	})
	b.Run("two", func(b *testing.B) {
		race(b,
			contestant{"With3", 1, twoAt(paths, with3)},
			contestant{"raw", 1, twoAt(paths, ofVec)},
			contestant{"VictoriaMetrics-Sprintf", 1, twoAt(paths, formatted)},
			contestant{"VictoriaMetrics-joined", 1, twoAt(paths, joined)},
		)
	})
	b.Run("kept", func(b *testing.B) {
		ours, theirs := guarded.With3("GET", "200", paths[0]), raw.WithLabelValues("GET", "200", paths[0])
		victoria := set.GetOrCreateHistogram(formattedName(paths[0]))
		race(b,
			contestant{"promguard", 10_000, func() { ours.Observe(0.1) }},
			contestant{"raw", 10_000, func() { theirs.Observe(0.1) }},
			contestant{"VictoriaMetrics", 10_000, func() { victoria.Update(0.1) }},
		)
	})
}

// formattedName is how the documentation of VictoriaMetrics' metrics makes a name.
func formattedName(path string) string {
	return fmt.Sprintf(`x{method=%q,code=%q,path=%q}`, "GET", "200", path)
}

// joinedName is the fastest way to make one: it does not quote what is special.
// It is not inlined, so that no part of the name is a constant, as in a program.
//
//go:noinline
func joinedName(method, code, path string) string {
	return `x{method="` + method + `",code="` + code + `",path="` + path + `"}`
}

// twoAt has two goroutines visit all paths, far from each other.
func twoAt(paths []string, do func(path string)) func() {
	const each = 20_000
	return func() {
		var group sync.WaitGroup
		for worker := range 2 {
			group.Go(func() {
				for i := range each {
					do(paths[(i+32*worker)%len(paths)])
				}
			})
		}
		group.Wait()
	}
}
