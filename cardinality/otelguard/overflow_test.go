package otelguard

import (
	"math"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// The sum of temperatures says nothing, nor does a part of it.
func TestOverflowOfAGaugeHasNoShare(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(5))
	gauge, err := provider.Meter("test").Float64Gauge("temperature")
	if err != nil {
		t.Fatal(err)
	}
	for room := range 20 {
		gauge.Record(background, 20, metric.WithAttributes(attribute.Int("room", room)))
	}
	s := NewSeries(reader)
	if _, err := s.Read(background); err != nil {
		t.Fatal(err)
	}
	said := s.Overflow().Findings()[0].Summary
	if !strings.Contains(said, "at 5 attribute sets, and") || strings.Contains(said, "%") {
		t.Errorf("it says %q", said)
	}
}

// With delta temporality the SDK frees its sets at each collection.
func TestOverflowEndsWithDeltaTemporality(t *testing.T) {
	delta := func(sdkmetric.InstrumentKind) metricdata.Temporality { return metricdata.DeltaTemporality }
	reader := sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(delta))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(5))
	counter, err := provider.Meter("test").Int64Counter("requests")
	if err != nil {
		t.Fatal(err)
	}
	s := NewSeries(nil)
	exporter := s.Exporter(exports{})
	for _, want := range []struct{ sets, findings int }{{20, 1}, {20, 1}, {3, 0}, {0, 0}} {
		for i := range want.sets {
			counter.Add(background, 1, metric.WithAttributes(attribute.Int("user", i)))
		}
		var data metricdata.ResourceMetrics
		if err := reader.Collect(background, &data); err != nil {
			t.Fatal(err)
		}
		if err := exporter.Export(background, &data); err != nil {
			t.Fatal(err)
		}
		if got := len(s.Overflow().Findings()); got != want.findings {
			t.Errorf("%d findings after %d sets, want %d", got, want.sets, want.findings)
		}
	}
}

func TestTheLimitOfTheSDKInWords(t *testing.T) {
	o := &overflow{sets: 2000, label: "user", share: math.NaN()}
	want := "requests{user} exploded: the OpenTelemetry SDK has reached its own limit at 2,000 attribute sets, and merges all further ones into one without attributes."
	if got := o.finding("requests").Summary; got != want {
		t.Errorf("said %q,\nwant %q", got, want)
	}
}
