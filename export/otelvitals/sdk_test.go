package otelvitals_test

import (
	"context"
	"testing"

	otelmetric "go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/export/otelvitals"
	"github.com/govitals/govitals/metric"
)

// sdk sets the SDK up with a Producer for the sources.
func sdk(t testing.TB, sources ...metric.Source) (*sdkmetric.ManualReader, otelmetric.Meter) {
	t.Helper()
	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(otelvitals.NewProducer(sources...)))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	return reader, provider.Meter(otelvitals.ScopeName)
}

// collect returns all metrics of one collection.
func collect(t testing.TB, reader sdkmetric.Reader) (all []metricdata.Metrics) {
	t.Helper()
	var resource metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &resource); err != nil {
		t.Fatal(err)
	}
	for _, scope := range resource.ScopeMetrics {
		all = append(all, scope.Metrics...)
	}
	return all
}
