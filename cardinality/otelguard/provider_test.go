package otelguard

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/cardinality"
)

var background = context.Background()

// guarded returns a guarded provider without a limit of the SDK, and its reader.
func guarded(t testing.TB, options ...cardinality.Option) (*MeterProvider, *sdkmetric.ManualReader) {
	reader := sdkmetric.NewManualReader()
	sdk := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(0))
	t.Cleanup(func() { _ = sdk.Shutdown(background) })
	return NewMeterProvider(sdk, options...).(*MeterProvider), reader
}

// data is one point as the SDK exports it.
type data struct {
	attributes attribute.Set
	value      float64 // the count of a histogram
}

// points returns what the SDK exports of a metric.
func points(t testing.TB, reader sdkmetric.Reader, name string) (all []data) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(background, &rm); err != nil {
		t.Fatal(err)
	}
	for _, s := range rm.ScopeMetrics {
		for _, m := range s.Metrics {
			if m.Name == name {
				for attributes, value := range pointsOf(m.Data) {
					all = append(all, data{*attributes, value})
				}
			}
		}
	}
	return all
}

func sum(all []data) (total float64) {
	for _, p := range all {
		total += p.value
	}
	return total
}

func route(i int) attribute.KeyValue { return attribute.String("route", fmt.Sprint("/users/", i)) }

// Each kind of instrument, with calls of all forms: bounded, and nothing is lost
// but values of gauges, which are counted.
func TestEveryInstrument(t *testing.T) {
	const n = 500
	get := attribute.String("method", "GET")
	for name, record := range map[string]func(m metric.Meter, i int){
		"Int64Counter": func(m metric.Meter, i int) {
			c, _ := m.Int64Counter("x")
			c.Add(background, 1, metric.WithAttributes(get, route(i)))
		},
		"Int64UpDownCounter": func(m metric.Meter, i int) {
			c, _ := m.Int64UpDownCounter("x")
			Add(background, c, 1, get, route(i))
		},
		"Int64Histogram": func(m metric.Meter, i int) {
			h, _ := m.Int64Histogram("x")
			h.Record(background, 1, metric.WithAttributes(get), metric.WithAttributes(route(i)))
		},
		"Int64Gauge": func(m metric.Meter, i int) {
			g, _ := m.Int64Gauge("x")
			g.Record(background, 1, metric.WithAttributes(get, route(i)))
		},
		"Float64Counter": func(m metric.Meter, i int) {
			c, _ := m.Float64Counter("x")
			Add(background, c, 1.0, get, route(i))
		},
		"Float64UpDownCounter": func(m metric.Meter, i int) {
			c, _ := m.Float64UpDownCounter("x")
			c.Add(background, 1, metric.WithAttributeSet(attribute.NewSet(get, route(i))))
		},
		"Float64Histogram": func(m metric.Meter, i int) {
			h, _ := m.Float64Histogram("x")
			Record(background, h, 1, get, route(i))
		},
		"Float64Gauge": func(m metric.Meter, i int) {
			g, _ := m.Float64Gauge("x")
			Record(background, g, 1, get, route(i))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, reader := guarded(t, cardinality.MaxSets(50))
			m := p.Meter("test")
			for range 2 {
				for i := range n {
					record(m, i)
				}
			}
			all := points(t, reader, "x")
			bounded(t, p, all, strings.HasSuffix(name, "Gauge"), 2*n)
		})
	}
}

// bounded checks the points of an instrument whose attribute route exploded.
func bounded(t *testing.T, p *MeterProvider, all []data, isGauge bool, total float64) {
	t.Helper()
	if len(all) > 50+6+1 || len(all) < 50 {
		t.Errorf("%d points", len(all))
	}
	s := p.Overview()[0]
	if isGauge {
		if got := float64(s.Dropped); got != total-100 {
			t.Errorf("%v values of a gauge dropped, want %v", got, total-100)
		}
	} else if got := sum(all); got != total {
		t.Errorf("the points add up to %v of %v", got, total)
	}
	if last := s.Last(); last == nil || last.Label != "route" || last.Metric != "x" {
		t.Errorf("trip %+v", last)
	}
	if s.Labels[0].Label != "route" || s.Labels[0].Distinct < 475 || s.Labels[0].Distinct > 525 {
		t.Errorf("labels %+v", s.Labels)
	}
	for _, point := range all {
		if method, _ := point.attributes.Value("method"); method.AsString() != "GET" || point.attributes.Len() != 2 {
			t.Errorf("attributes %v", point.attributes.ToSlice())
		}
	}
}

// observed is how many sets each callback reports, a value of 1 each.
const observed = 500

func observedSet(i int) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("method", "GET"), route(i))
}

func observeInts(_ context.Context, o metric.Int64Observer) error {
	for i := range observed {
		o.Observe(1, observedSet(i))
	}
	return nil
}

func observeFloats(_ context.Context, o metric.Float64Observer) error {
	for i := range observed {
		o.Observe(1, observedSet(i))
	}
	return nil
}

// observeTogether registers a callback that could report several instruments.
func observeTogether(t *testing.T, m metric.Meter, o metric.Observable) {
	_, err := m.RegisterCallback(func(_ context.Context, to metric.Observer) error {
		for i := range observed {
			switch o := o.(type) {
			case metric.Int64Observable:
				to.ObserveInt64(o, 1, observedSet(i))
			case metric.Float64Observable:
				to.ObserveFloat64(o, 1, observedSet(i))
			}
		}
		return nil
	}, o)
	if err != nil {
		t.Error(err)
	}
}

// Observable instruments of each kind, with a callback of their own and with one for
// several. The values of sets that share a point add up where that makes sense.
func TestEveryObservable(t *testing.T) {
	for name, register := range map[string]func(m metric.Meter){
		"Int64Counter": func(m metric.Meter) { _, _ = m.Int64ObservableCounter("x", metric.WithInt64Callback(observeInts)) },
		"Int64UpDownCounter": func(m metric.Meter) {
			o, _ := m.Int64ObservableUpDownCounter("x")
			observeTogether(t, m, o)
		},
		"Int64Gauge": func(m metric.Meter) {
			o, _ := m.Int64ObservableGauge("x")
			observeTogether(t, m, o)
		},
		"Float64Counter": func(m metric.Meter) {
			o, _ := m.Float64ObservableCounter("x")
			observeTogether(t, m, o)
		},
		"Float64UpDownCounter": func(m metric.Meter) {
			_, _ = m.Float64ObservableUpDownCounter("x", metric.WithFloat64Callback(observeFloats))
		},
		"Float64Gauge": func(m metric.Meter) { _, _ = m.Float64ObservableGauge("x", metric.WithFloat64Callback(observeFloats)) },
	} {
		t.Run(name, func(t *testing.T) {
			p, reader := guarded(t, cardinality.MaxSets(50))
			register(p.Meter("test"))
			all := points(t, reader, "x")
			if isGauge := strings.HasSuffix(name, "Gauge"); isGauge {
				if len(all) != 50 || p.Overview()[0].Dropped != observed-50 {
					t.Errorf("%d points, %+v", len(all), p.Overview()[0])
				}
			} else {
				bounded(t, p, all, false, observed)
			}
			if again := points(t, reader, "x"); len(again) != len(all) || sum(again) != sum(all) {
				t.Errorf("the next collection has %d points with %v, after %d with %v", len(again), sum(again), len(all), sum(all))
			}
		})
	}
}

// Goroutines that meet at an instrument: whatever is admitted, refused and learned
// meanwhile, each observation is in one point.
func TestConservation(t *testing.T) {
	p, reader := guarded(t, cardinality.MaxSets(40), cardinality.MaxValues("b", 5))
	h, _ := p.Meter("test").Int64Counter("x")
	var group sync.WaitGroup
	var recorded atomic.Int64
	for worker := range 4 {
		group.Go(func() {
			for i := range 2000 {
				attributes := []attribute.KeyValue{attribute.Int("a", i%30), attribute.Int("b", i%7)}
				if i%3 == 0 {
					attributes = append(attributes, attribute.String(fmt.Sprint("key", i%40), fmt.Sprint(worker, i)))
				}
				if i%2 == 0 {
					Add(background, h, 1, attributes...)
				} else {
					h.Add(background, 1, metric.WithAttributes(attributes...))
				}
				recorded.Add(1)
			}
		})
	}
	group.Go(func() {
		last := 0.0
		for range 20 {
			now := sum(points(t, reader, "x"))
			if now < last {
				t.Errorf("the total went from %v to %v", last, now)
			}
			last = now
		}
	})
	group.Wait()
	all := points(t, reader, "x")
	if got, want := sum(all), float64(recorded.Load()); got != want {
		t.Errorf("%v of %v", got, want)
	}
	if len(all) > 40+6*maxShapes {
		t.Errorf("%d points", len(all))
	}
}

// The SDK lets callers reuse an option with other attributes. So what an option was
// found to mean must not be remembered by its address.
func TestOptionWithOtherAttributes(t *testing.T) {
	p, reader := guarded(t)
	c, _ := p.Meter("test").Int64Counter("x")
	option := metric.WithAttributeSet(attribute.NewSet(route(1)))
	c.Add(background, 1, option)
	changeable, ok := option.(interface{ Set(set attribute.Set) })
	if !ok {
		t.Skip("options of this version of OpenTelemetry stay as they are")
	}
	changeable.Set(attribute.NewSet(route(2)))
	c.Add(background, 2, option)
	for _, p := range points(t, reader, "x") {
		r, _ := p.attributes.Value("route")
		if want := map[string]float64{"/users/1": 1, "/users/2": 2}[r.AsString()]; p.value != want {
			t.Errorf("%s has %v, want %v", r.AsString(), p.value, want)
		}
	}
}

// Who is to be registered once asks whether a meter is the one from before.
func TestMetersOfOneScopeAreEqual(t *testing.T) {
	p, _ := guarded(t)
	version := metric.WithInstrumentationVersion("v1.0.0")
	if p.Meter("a", version) != p.Meter("a", version) {
		t.Error("two meters of one scope differ")
	}
	if p.Meter("a", version) == p.Meter("a") || p.Meter("a") == p.Meter("b") {
		t.Error("meters of different scopes are equal")
	}
}
