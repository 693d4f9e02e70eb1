package benchmarks

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	otelruntime "go.opentelemetry.io/contrib/instrumentation/runtime"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/export/otelvitals"
	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/metric"
)

// BenchmarkPeersScrape compares one collection of what a heap.Monitor reports with
// one of OpenTelemetry's runtime instrumentation and of the Go collector, on a heap
// of 64 MiB and with 1,000 goroutines. The metrics are not the same ones; how many
// points each has is reported beside.
//
//	go test -run '^$' -bench PeersScrape -benchtime 200x
func BenchmarkPeersScrape(b *testing.B) {
	defer ballast(1_000)()
	monitor, err := heap.NewMonitor(heap.MonitorConfig{})
	if err != nil {
		b.Fatal(err)
	}
	if err := monitor.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer monitor.Close()
	ours, theirs := vitalsReader(b, monitor), runtimeReader(b)
	prom, golang := prometheus.NewRegistry(), prometheus.NewRegistry()
	prom.MustRegister(promvitals.Collector(monitor))
	golang.MustRegister(collectors.NewGoCollector())

	b.Run("registry", func(b *testing.B) {
		race(b,
			contestant{"promvitals", 10, func() { _, _ = prom.Gather() }},
			contestant{"otel-runtime", 10, func() { collectOTel(b, theirs) }},
			contestant{"GoCollector", 10, func() { _, _ = golang.Gather() }},
		)
		b.ReportMetric(float64(gathered(b, prom)), "promvitals-points")
		b.ReportMetric(float64(gathered(b, golang)), "GoCollector-points")
	})
	b.Run("sdk", func(b *testing.B) {
		race(b,
			contestant{"otelvitals", 10, func() { collectOTel(b, ours) }},
			contestant{"otel-runtime", 10, func() { collectOTel(b, theirs) }},
		)
		b.ReportMetric(float64(collectOTel(b, ours)), "otelvitals-points")
		b.ReportMetric(float64(collectOTel(b, theirs)), "otel-runtime-points")
	})
}

func vitalsReader(b *testing.B, source metric.Source) *sdkmetric.ManualReader {
	b.Helper()
	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(otelvitals.NewProducer(source)))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	if _, err := otelvitals.Register(provider.Meter(otelvitals.ScopeName), source); err != nil {
		b.Fatal(err)
	}
	return reader
}

// runtimeReader returns a reader of the runtime instrumentation. It would answer
// from its memory for 15 seconds; here each collection reads the runtime, as the
// others do.
func runtimeReader(b *testing.B) *sdkmetric.ManualReader {
	b.Helper()
	always := otelruntime.WithMinimumReadMemStatsInterval(time.Nanosecond)
	producer := otelruntime.NewProducer(always.(otelruntime.ProducerOption))
	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(producer))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	if err := otelruntime.Start(otelruntime.WithMeterProvider(provider), always); err != nil {
		b.Fatal(err)
	}
	return reader
}

// collectOTel collects once and returns how many points there were.
func collectOTel(b *testing.B, reader *sdkmetric.ManualReader) (points int) {
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		b.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			points += pointsOf(m.Data)
		}
	}
	return points
}

func pointsOf(data metricdata.Aggregation) int {
	switch data := data.(type) {
	case metricdata.Gauge[int64]:
		return len(data.DataPoints)
	case metricdata.Gauge[float64]:
		return len(data.DataPoints)
	case metricdata.Sum[int64]:
		return len(data.DataPoints)
	case metricdata.Sum[float64]:
		return len(data.DataPoints)
	case metricdata.Histogram[float64]:
		return len(data.DataPoints)
	default:
		return 0
	}
}

func gathered(b *testing.B, registry *prometheus.Registry) (points int) {
	b.Helper()
	families, err := registry.Gather()
	if err != nil {
		b.Fatal(err)
	}
	for _, family := range families {
		points += len(family.GetMetric())
	}
	return points
}
