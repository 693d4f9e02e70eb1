package benchmarks

import (
	"context"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/cardinality/otelguard"
)

// otelHistogram returns a histogram of 12 buckets of a new provider.
func otelHistogram(front func(metric.MeterProvider) metric.MeterProvider, options ...sdkmetric.Option) metric.Float64Histogram {
	provider := metric.MeterProvider(sdkmetric.NewMeterProvider(append(options, sdkmetric.WithReader(sdkmetric.NewManualReader()))...))
	if front != nil {
		provider = front(provider)
	}
	h, err := provider.Meter("m").Float64Histogram("x", metric.WithExplicitBucketBoundaries(promguardOpts.Buckets...))
	if err != nil {
		panic(err)
	}
	return h
}

func otelGuarded(options ...cardinality.Option) metric.Float64Histogram {
	return otelHistogram(func(p metric.MeterProvider) metric.MeterProvider {
		return otelguard.NewMeterProvider(p, options...)
	}, sdkmetric.WithCardinalityLimit(0))
}

func otelAttributes(path string) [3]attribute.KeyValue {
	return [3]attribute.KeyValue{attribute.String("method", "GET"), attribute.Int("code", 200), attribute.String("path", path)}
}

// BenchmarkOtelguardHit compares recording to a set that exists with what
// WithAttributes costs on the instrument of the SDK.
func BenchmarkOtelguardHit(b *testing.B) {
	ctx := context.Background()
	for _, sets := range []int{1, 64} {
		b.Run(fmt.Sprint("sets=", sets), func(b *testing.B) {
			plain := otelHistogram(nil, sdkmetric.WithCardinalityLimit(0))
			guarded := otelGuarded()
			viewed := otelHistogram(nil, sdkmetric.WithCardinalityLimit(0), sdkmetric.WithView(otelguard.View()))
			paths := promguardPaths(sets)
			prebuilt := make([]attribute.Set, sets)
			for i, p := range paths {
				a := otelAttributes(p)
				prebuilt[i] = attribute.NewSet(a[:]...)
			}
			i := 0
			next := func() int {
				if i++; i >= sets {
					i = 0
				}
				return i
			}
			record := func() {
				a := otelAttributes(paths[next()])
				otelguard.Record(ctx, guarded, 0.1, a[:]...)
			}
			against(b,
				contestant{"WithAttributes", 2000, func() {
					a := otelAttributes(paths[next()])
					plain.Record(ctx, 0.1, metric.WithAttributes(a[:]...))
				}},
				contestant{"Record", 2000, record},
				contestant{"guardedWithAttributes", 2000, func() {
					a := otelAttributes(paths[next()])
					guarded.Record(ctx, 0.1, metric.WithAttributes(a[:]...))
				}},
				contestant{"guardedSet", 2000, func() {
					guarded.Record(ctx, 0.1, metric.WithAttributeSet(prebuilt[next()]))
				}},
				contestant{"plainSet", 2000, func() {
					plain.Record(ctx, 0.1, metric.WithAttributeSet(prebuilt[next()]))
				}},
				contestant{"viewWithAttributes", 2000, func() {
					a := otelAttributes(paths[next()])
					viewed.Record(ctx, 0.1, metric.WithAttributes(a[:]...))
				}},
			)
			b.ReportMetric(testing.AllocsPerRun(1000, record), "Record-allocs")
		})
	}
}

// BenchmarkOtelguardTwo compares two goroutines on 64 sets.
func BenchmarkOtelguardTwo(b *testing.B) {
	ctx := context.Background()
	plain, guarded := otelHistogram(nil, sdkmetric.WithCardinalityLimit(0)), otelGuarded()
	paths := promguardPaths(64)
	against(b,
		contestant{"WithAttributes", 1, twoAt(paths, func(p string) {
			a := otelAttributes(p)
			plain.Record(ctx, 0.1, metric.WithAttributes(a[:]...))
		})},
		contestant{"Record", 1, twoAt(paths, func(p string) {
			a := otelAttributes(p)
			otelguard.Record(ctx, guarded, 0.1, a[:]...)
		})},
		contestant{"guardedWithAttributes", 1, twoAt(paths, func(p string) {
			a := otelAttributes(p)
			guarded.Record(ctx, 0.1, metric.WithAttributes(a[:]...))
		})},
	)
}

// BenchmarkOtelguardOverflow compares sets beyond the limit: a million distinct paths in
// turn, with the limit of the SDK and with that of the guard.
func BenchmarkOtelguardOverflow(b *testing.B) {
	ctx := context.Background()
	plain, guarded := otelHistogram(nil, sdkmetric.WithCardinalityLimit(1000)), otelGuarded(cardinality.MaxSets(1000))
	paths := promguardPaths(1 << 20)
	i := 0
	next := func() string { i++; return paths[i&(len(paths)-1)] }
	theirs := func() {
		a := otelAttributes(next())
		plain.Record(ctx, 0.1, metric.WithAttributes(a[:]...))
	}
	ours := func() {
		a := otelAttributes(next())
		otelguard.Record(ctx, guarded, 0.1, a[:]...)
	}
	for range 100_000 {
		theirs()
		ours()
	}
	against(b,
		contestant{"sdk", 2000, theirs},
		contestant{"Record", 2000, ours},
		contestant{"guardedWithAttributes", 2000, func() {
			a := otelAttributes(next())
			guarded.Record(ctx, 0.1, metric.WithAttributes(a[:]...))
		}},
	)
	b.ReportMetric(testing.AllocsPerRun(10_000, ours), "Record-allocs")
}

// BenchmarkOtelguardMemory measures the heap that distinct sets leave behind, in
// KiB: at the limit, after 100,000 and after a million, and with the SDK alone.
func BenchmarkOtelguardMemory(b *testing.B) {
	ctx := context.Background()
	grown := func(h metric.Float64Histogram, distinct int) float64 {
		before := liveHeap()
		for i := range distinct {
			a := otelAttributes(fmt.Sprint("/orders/", i))
			otelguard.Record(ctx, h, 0.1, a[:]...)
		}
		after := liveHeap()
		h.Enabled(ctx)
		return (after - before) / 1024
	}
	for b.Loop() {
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(grown(otelGuarded(cardinality.MaxSets(1000)), 1000), "KiB-at-the-limit")
		b.ReportMetric(grown(otelGuarded(cardinality.MaxSets(1000)), 100_000), "KiB-after-100k")
		b.ReportMetric(grown(otelGuarded(cardinality.MaxSets(1000)), 1_000_000), "KiB-after-1M")
		b.ReportMetric(grown(otelHistogram(nil), 1_000_000), "KiB-sdk-limit-2000")
		b.ReportMetric(grown(otelHistogram(nil, sdkmetric.WithCardinalityLimit(0)), 100_000), "KiB-sdk-no-limit-100k")
	}
}
