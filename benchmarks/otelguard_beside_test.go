package benchmarks

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/cardinality/otelguard"
	"github.com/govitals/govitals/cardinality/promguard"
	"github.com/govitals/govitals/finding"
)

// A beside is one way to keep a histogram of 12 buckets with the labels method, code
// and path, as it comes: no option of a guard is set.
type beside struct {
	name   string
	record func(method, path string)
	points func() []besidePoint // what is exported
	tells  finding.Source       // nil = nothing
}

// besidePoint is a series: its labels, and how many values are in it.
type besidePoint struct {
	labels map[string]string
	count  uint64
}

// besides returns all ways, new ones. The first of each library is the bare one.
func besides() []beside {
	var all []beside
	all = append(all, besidePrometheus("client_golang", prometheus.NewHistogramVec(promguardOpts, promguardLabels), nil))
	guarded := promguard.NewHistogramVec(promguardOpts, promguardLabels)
	all = append(all, besidePrometheus("promguard", guarded, guarded.Guard()))
	wrapped := promguard.WrapHistogramVec(prometheus.NewHistogramVec(promguardOpts, promguardLabels))
	all = append(all, besidePrometheus("WrapHistogramVec", wrapped, wrapped.Guard()))
	all = append(all, besideOTel("SDK", false, false), besideOTel("wrapper", true, false), besideOTel("Record", true, true))
	return all
}

func besidePrometheus(name string, v interface {
	prometheus.Collector
	WithLabelValues(values ...string) prometheus.Observer
}, tells finding.Source) beside {
	registry := prometheus.NewRegistry()
	registry.MustRegister(v)
	return beside{name: name, tells: tells,
		record: func(method, path string) { v.WithLabelValues(method, "200", path).Observe(0.1) },
		points: func() (points []besidePoint) {
			families, err := registry.Gather()
			if err != nil {
				panic(err)
			}
			for _, m := range families[0].GetMetric() {
				p := besidePoint{labels: map[string]string{}, count: m.GetHistogram().GetSampleCount()}
				for _, l := range m.GetLabel() {
					p.labels[l.GetName()] = l.GetValue()
				}
				points = append(points, p)
			}
			return points
		},
	}
}

func besideOTel(name string, guard, quick bool) beside {
	ctx, reader := context.Background(), sdkmetric.NewManualReader()
	// The limit of the SDK is the one that it comes with.
	provider := metric.MeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	way := beside{name: name}
	if guard {
		provider = otelguard.NewMeterProvider(provider)
		way.tells = provider.(*otelguard.MeterProvider)
	}
	h, err := provider.Meter("m").Float64Histogram("x", metric.WithExplicitBucketBoundaries(promguardOpts.Buckets...))
	if err != nil {
		panic(err)
	}
	way.record = withAttributes(h)
	if quick {
		way.record = func(method, path string) {
			otelguard.Record(ctx, h, 0.1, attribute.String("method", method), attribute.Int("code", 200), attribute.String("path", path))
		}
	}
	way.points = func() (points []besidePoint) {
		var out metricdata.ResourceMetrics
		if err := reader.Collect(ctx, &out); err != nil {
			panic(err)
		}
		for _, p := range out.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints {
			labels := map[string]string{}
			for kv := range besideAttributes(p.Attributes) {
				labels[string(kv.Key)] = kv.Value.String()
			}
			points = append(points, besidePoint{labels, p.Count})
		}
		return points
	}
	return way
}

func besideAttributes(set attribute.Set) func(yield func(attribute.KeyValue) bool) {
	return func(yield func(attribute.KeyValue) bool) {
		for it := set.Iter(); it.Next() && yield(it.Attribute()); {
		}
	}
}

// withAttributes is how OpenTelemetry is mostly called.
func withAttributes(h metric.Float64Histogram) func(method, path string) {
	ctx := context.Background()
	return func(method, path string) {
		h.Record(ctx, 0.1, metric.WithAttributes(
			attribute.String("method", method), attribute.Int("code", 200), attribute.String("path", path)))
	}
}

// besideRace runs all ways in turn and reports the median time of a call of each, in
// that of the first.
func besideRace(b *testing.B, calls int, ways []beside, round func(w beside, calls int)) {
	times := make([][]float64, len(ways))
	for b.Loop() {
		for i, w := range ways {
			start := time.Now()
			round(w, calls)
			times[i] = append(times[i], float64(time.Since(start)))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(times[0])/float64(calls), ways[0].name+"-ns")
	for i, w := range ways[1:] {
		b.ReportMetric(median(times[i+1])/median(times[0]), w.name+"/"+ways[0].name)
	}
}

// BenchmarkOtelguardBeside puts all ways to record side by side: at 64 sets, by one
// goroutine and by two, and with a path that is new at each call, after 10,000 of them
// (client_golang makes a series each time). "nothing" is an instrument that does
// nothing: its time is what the caller pays for metric.WithAttributes before any
// instrument is reached.
//
//	go test -run '^$' -bench OtelguardBeside -benchtime 1000x
func BenchmarkOtelguardBeside(b *testing.B) {
	paths := promguardPaths(64)
	nothing, err := noop.NewMeterProvider().Meter("m").Float64Histogram("x")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("hit", func(b *testing.B) {
		ways := append(besides(), beside{name: "nothing", record: withAttributes(nothing)})
		besideRace(b, 200, ways, func(w beside, calls int) {
			for i := range calls {
				w.record("GET", paths[i%64])
			}
		})
	})
	b.Run("two", func(b *testing.B) {
		besideRace(b, 1000, besides(), func(w beside, calls int) {
			var group sync.WaitGroup
			for worker := range 2 {
				group.Go(func() {
					for i := range calls / 2 {
						w.record("GET", paths[(i+32*worker)%64])
					}
				})
			}
			group.Wait()
		})
	})
	b.Run("overflow", func(b *testing.B) {
		ways, fresh := besides(), promguardPaths(1<<20)
		for _, w := range ways {
			for _, p := range fresh[:10_000] {
				w.record("GET", p)
			}
		}
		at, turns := 10_000, 0
		besideRace(b, 50, ways, func(w beside, calls int) {
			for i := range calls {
				w.record("GET", fresh[(at+i)%len(fresh)])
			}
			if turns++; turns%len(ways) == 0 {
				at += calls
			}
		})
	})
}

// BenchmarkOtelguardBesideMemory measures what a million distinct paths leave on the
// heap, in MiB, and how many of the million values the series do not add up to.
//
//	go test -run '^$' -bench OtelguardBesideMemory -benchtime 1x
func BenchmarkOtelguardBesideMemory(b *testing.B) {
	const distinct = 1_000_000
	for i, w := range besides() {
		b.Run(w.name, func(b *testing.B) {
			for b.Loop() {
				before := liveHeap()
				w := besides()[i]
				for n := range distinct {
					w.record("GET", fmt.Sprint("/orders/", n))
				}
				b.ReportMetric((liveHeap()-before)/(1<<20), "MiB")
				total := uint64(0)
				for _, p := range w.points() {
					total += p.count
				}
				b.ReportMetric(distinct-float64(total), "lost")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// TestOtelguardBesideAtTheCap shows what is left to look at when 20,000 distinct paths
// came first, and five minutes of traffic after that: each second 20 real routes, each
// once, and 80 more paths that are new, half of all with GET and half with POST.
//
//	go test -v -run OtelguardBesideAtTheCap
func TestOtelguardBesideAtTheCap(t *testing.T) {
	const routes = 20
	for i := range besides() {
		synctest.Test(t, func(t *testing.T) {
			w, junk, recorded := besides()[i], 0, uint64(0)
			record := func(path string) {
				w.record([]string{"GET", "POST"}[recorded%2], path)
				recorded++
			}
			burst := func(n int) {
				for range n {
					junk++
					record(fmt.Sprint("/junk/", junk))
				}
			}
			burst(20_000)
			for range 5 * 60 {
				time.Sleep(time.Second)
				for r := range routes {
					record(fmt.Sprint("/route/", r))
				}
				burst(80)
			}
			total, method, own := uint64(0), uint64(0), map[string]bool{}
			points := w.points()
			for _, p := range points {
				total += p.count
				if p.labels["method"] != "" && p.labels["method"] != "(other)" {
					method += p.count
				}
				if strings.HasPrefix(p.labels["path"], "/route/") {
					own[p.labels["path"]] = true
				}
			}
			if total != recorded {
				t.Errorf("%s: the series add up to %d of %d", w.name, total, recorded)
			}
			said := "nothing"
			if w.tells != nil {
				f := w.tells.Findings()[0]
				said = strings.Join(append([]string{f.Summary, f.Advice}, f.How...), "\n    ")
			}
			t.Logf("%s: %d series, %d of %d; %d of %d routes have series of their own, %.0f %% still have their method; it says: %s",
				w.name, len(points), total, recorded, len(own), routes, 100*float64(method)/float64(recorded), said)
		})
	}
}
