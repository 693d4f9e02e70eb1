package otelguard

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/leakguard"
)

// What grows is named with its attribute, what is large is not.
func TestSeriesCulprits(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
	large, _ := meter.Int64Counter("large")
	grows, _ := meter.Float64Histogram("grows")
	_, _ = meter.Int64ObservableGauge("gauge", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(1)
		return nil
	}))
	for i := range 300 {
		large.Add(background, 1, metric.WithAttributes(route(i)))
	}
	s := NewSeries(reader)
	begin := time.Now()
	for minute := range 30 {
		s.now = func() time.Time { return begin.Add(time.Duration(minute) * time.Minute) }
		for i := range 10 {
			grows.Record(background, 1, metric.WithAttributes(attribute.String("method", "GET"), attribute.Int("user", 10*minute+i)))
		}
		reading, err := s.Read(background)
		if want := float64(300 + 10*(minute+1) + 1); err != nil || reading.Value != want || !math.IsNaN(reading.Load) {
			t.Fatalf("%+v, %v, want %v", reading, err, want)
		}
	}
	got := s.Culprits(3)
	if len(got) != 1 || got[0].Name != "grows{user}" || got[0].Share != 1 {
		t.Errorf("%+v", got)
	}
	if found := s.Overflow().Findings(); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

// A collection may ask for findings: otelvitals does, for the states of signals.
func TestSeriesAskedByCallback(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
	s := NewSeries(reader)
	_, _ = meter.Int64ObservableGauge("findings", metric.WithInt64Callback(func(ctx context.Context, o metric.Int64Observer) error {
		_, _ = s.Read(ctx)
		o.Observe(int64(len(s.Overflow().Findings()) + len(s.Culprits(3))))
		return nil
	}))
	if reading, err := s.Read(background); err != nil || reading.Value != 1 {
		t.Errorf("%+v, %v", reading, err)
	}
}

// The limit of the SDK is reported as such.
func TestSeriesOverflow(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
	c, _ := meter.Int64Counter("x")
	for i := range 2666 {
		c.Add(background, 1, metric.WithAttributes(attribute.String("method", "GET"), route(i)))
	}
	s := NewSeries(reader)
	if reading, err := s.Read(background); err != nil || reading.Value != 2000 {
		t.Error(reading, err)
	}
	found := s.Overflow().Findings()
	if len(found) != 1 || found[0].State != finding.Exploded || found[0].Culprits[0].Name != "x{route}" {
		t.Fatalf("%+v", found)
	}
	for _, want := range []string{"OpenTelemetry SDK", "2,000", "25 %"} {
		if !strings.Contains(found[0].Summary, want) {
			t.Errorf("no %q in %q", want, found[0].Summary)
		}
	}
}

type exports struct{ sdkmetric.Exporter }

func (exports) Export(context.Context, *metricdata.ResourceMetrics) error { return nil }
func (exports) Temporality(sdkmetric.InstrumentKind) metricdata.Temporality {
	return metricdata.DeltaTemporality
}
func (exports) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}
func (exports) ForceFlush(context.Context) error { return nil }
func (exports) Shutdown(context.Context) error   { return nil }

// Counting at exports takes nothing away from them.
func TestSeriesAtExports(t *testing.T) {
	s := NewSeries(nil)
	if _, err := s.Read(background); !errors.Is(err, leakguard.ErrNotYet) {
		t.Errorf("%v: the SDK exports once a minute", err)
	}
	late := NewSeries(nil)
	late.now = func() time.Time { return time.Now().Add(time.Hour) }
	if _, err := late.Read(background); err == nil || errors.Is(err, leakguard.ErrNotYet) {
		t.Errorf("%v: want an error that says what is missing", err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(s.Exporter(exports{}))))
	defer func() { _ = provider.Shutdown(background) }()
	c, _ := provider.Meter("test").Int64Counter("x")
	for i := range 70 {
		c.Add(background, 1, metric.WithAttributes(route(i)))
	}
	if err := provider.ForceFlush(background); err != nil {
		t.Fatal(err)
	}
	if reading, err := s.Read(background); err != nil || reading.Value != 70 {
		t.Error(reading, err)
	}
}

// It collects at most a thousandth of the time, and an error is an error.
func TestSeriesPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(slow{}))
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
		s := SeriesSignal(reader)
		epochs := map[uint64]bool{}
		for begin := time.Now(); time.Since(begin) < time.Hour; time.Sleep(time.Second) {
			reading, err := s.Read(background)
			if err != nil {
				t.Fatal(err)
			}
			epochs[reading.Epoch] = true
		}
		if n := len(epochs); n != 4 {
			t.Errorf("%d collections of a second in an hour", n)
		}
		_ = provider.Shutdown(background)
		time.Sleep(time.Hour)
		if _, err := s.Read(background); err == nil {
			t.Error("no error after the shutdown")
		}
	})
}

type slow struct{}

func (slow) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	time.Sleep(time.Second)
	return nil, nil
}

// An exporter that is given no data keeps nobody waiting afterwards.
func TestExportOfNothing(t *testing.T) {
	s := NewSeries(nil)
	func() {
		defer func() { _ = recover() }()
		_ = s.Exporter(exports{}).Export(background, nil)
	}()
	if !s.mu.TryLock() {
		t.Error("the next one waits for ever")
	}
}
