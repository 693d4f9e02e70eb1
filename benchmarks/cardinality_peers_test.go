package benchmarks

import (
	"fmt"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	vm "github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/govitals/govitals/cardinality"
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

// BenchmarkCardinalityPeersPage compares writing 64 histograms of 100 values each as
// text. That of VictoriaMetrics has a line for each bucket that is not empty.
//
//	go test -run '^$' -bench CardinalityPeersPage -benchtime 100x
func BenchmarkCardinalityPeersPage(b *testing.B) {
	guarded := promguard.NewHistogramVec(promguardOpts, promguardLabels)
	raw := prometheus.NewHistogramVec(promguardOpts, promguardLabels)
	set := vm.NewSet()
	for _, p := range promguardPaths(64) {
		for i := range 100 {
			value := 0.001 * float64(1+i*i) // to 10 s, in all buckets
			guarded.With3("GET", "200", p).Observe(value)
			raw.WithLabelValues("GET", "200", p).Observe(value)
			set.GetOrCreateHistogram(formattedName(p)).Update(value)
		}
	}
	page := func(c prometheus.Collector) (write func() int) {
		registry := prometheus.NewRegistry()
		registry.MustRegister(c)
		handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
		request := httptest.NewRequest("GET", "/metrics", nil)
		return func() int {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			return recorder.Body.Len()
		}
	}
	ours, theirs := page(guarded), page(raw)
	victoria := func() int {
		recorder := httptest.NewRecorder()
		set.WritePrometheus(recorder)
		return recorder.Body.Len()
	}
	race(b,
		contestant{"promguard", 1, func() { ours() }},
		contestant{"raw", 1, func() { theirs() }},
		contestant{"VictoriaMetrics", 1, func() { victoria() }},
	)
	b.ReportMetric(float64(ours())/1024, "promguard-KiB")
	b.ReportMetric(float64(victoria())/1024, "VictoriaMetrics-KiB")
}

// BenchmarkCardinalityPeersCreate compares making 1,000 sets that are admitted and
// observing once in each: the time, and the heap that they keep.
//
//	go test -run '^$' -bench CardinalityPeersCreate -benchtime 20x
func BenchmarkCardinalityPeersCreate(b *testing.B) {
	paths := promguardPaths(1000)
	names := []string{"promguard", "raw", "VictoriaMetrics"}
	var times, heaps [3][]float64
	for b.Loop() {
		guarded := promguard.NewHistogramVec(promguardOpts, promguardLabels, cardinality.MaxSets(2000))
		raw := prometheus.NewHistogramVec(promguardOpts, promguardLabels)
		set := vm.NewSet()
		for i, create := range []func(path string){
			func(p string) { guarded.With3("GET", "200", p).Observe(0.1) },
			func(p string) { raw.WithLabelValues("GET", "200", p).Observe(0.1) },
			func(p string) { set.GetOrCreateHistogram(formattedName(p)).Update(0.1) },
		} {
			before, start := liveHeap(), time.Now()
			for _, p := range paths {
				create(p)
			}
			times[i] = append(times[i], float64(time.Since(start).Nanoseconds()))
			heaps[i] = append(heaps[i], liveHeap()-before)
		}
		runtime.KeepAlive([]any{guarded, raw, set})
	}
	b.ReportMetric(0, "ns/op")
	for i, name := range names {
		b.ReportMetric(median(heaps[i])/float64(len(paths)), name+"-B-a-set")
		if i > 0 {
			b.ReportMetric(median(times[0])/median(times[i]), "promguard/"+name)
			b.ReportMetric(median(heaps[0])/median(heaps[i]), "promguard-heap/"+name)
		}
	}
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
