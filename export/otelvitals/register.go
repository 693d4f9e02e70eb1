package otelvitals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	otelmetric "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/embedded"

	"github.com/govitals/govitals/internal/collect"
	"github.com/govitals/govitals/metric"
)

// Register reports the gauges and counters of the sources through meter, as
// far as the sources describe them now; add sources first. The figures are read
// at each collection until the Registration is unregistered, for which once is
// enough and twice does no harm. It is an error if the meter or a source is nil,
// if a source is registered with the meter already, or if the meter refuses an
// instrument; nothing is registered then.
func Register(meter otelmetric.Meter, sources ...metric.Source) (otelmetric.Registration, error) {
	if meter == nil {
		return nil, errors.New("otelvitals: meter is nil: pass provider.Meter(otelvitals.ScopeName)")
	}
	s, err := collect.New("otelvitals", sources...)
	if err != nil {
		return nil, err
	}
	r := &reporter{meter: meter, given: slices.Clone(sources), sources: s}
	if err := enter(r); err != nil {
		return nil, err
	}
	inner, err := r.start()
	if err != nil {
		leave(r)
		return nil, err
	}
	return &registration{unregister: sync.OnceValue(func() error {
		defer leave(r)
		return inner.Unregister()
	})}, nil
}

// registration makes any implementation's Unregister safe to call twice.
type registration struct {
	embedded.Registration
	unregister func() error
}

// Unregister implements [otelmetric.Registration].
func (r *registration) Unregister() error { return r.unregister() }

// reporter is the callback and its instruments.
type reporter struct {
	meter       otelmetric.Meter
	given       []metric.Source
	sources     *collect.Sources
	instruments map[string]otelmetric.Float64Observable // by metric.Desc.Name
}

// start makes one instrument for each metric that is not a histogram, and
// registers the callback.
func (r *reporter) start() (otelmetric.Registration, error) {
	r.instruments = make(map[string]otelmetric.Float64Observable)
	var all []otelmetric.Observable
	for _, desc := range append(r.sources.Descs(), collect.Dropped) {
		if desc.Kind == metric.KindHistogram {
			continue
		}
		instrument, err := newInstrument(r.meter, desc)
		if err != nil {
			return nil, fmt.Errorf("otelvitals: the meter refused %s: %w", desc.OpenTelemetryName(), err)
		}
		r.instruments[desc.Name] = instrument
		all = append(all, instrument)
	}
	registration, err := r.meter.RegisterCallback(r.report, all...)
	if err != nil {
		return nil, fmt.Errorf("otelvitals: the meter refused the callback: %w", err)
	}
	return registration, nil
}

func newInstrument(meter otelmetric.Meter, d metric.Desc) (otelmetric.Float64Observable, error) {
	name, help, unit := d.OpenTelemetryName(), otelmetric.WithDescription(d.Help), otelmetric.WithUnit(d.Unit)
	switch d.Kind {
	case metric.KindCounter:
		return meter.Float64ObservableCounter(name, help, unit)
	case metric.KindUpDownCounter:
		return meter.Float64ObservableUpDownCounter(name, help, unit)
	default:
		return meter.Float64ObservableGauge(name, help, unit)
	}
}

func (r *reporter) report(_ context.Context, observer otelmetric.Observer) error {
	for _, sample := range r.sources.Samples() {
		r.observe(observer, &sample)
	}
	for _, sample := range r.sources.Drops() {
		r.observe(observer, &sample)
	}
	return nil
}

func (r *reporter) observe(observer otelmetric.Observer, s *metric.Sample) {
	instrument, known := r.instruments[s.Desc.Name]
	switch {
	case known:
		observer.ObserveFloat64(instrument, s.Value, otelmetric.WithAttributeSet(attributes(s)))
	case s.Desc.Kind != metric.KindHistogram: // those are the Producer's
		r.sources.Drop(collect.Late)
	}
}

func attributes(s *metric.Sample) attribute.Set {
	pairs := make([]attribute.KeyValue, len(s.LabelValues))
	for i, value := range s.LabelValues {
		pairs[i] = attribute.String(s.Desc.Labels[i], value)
	}
	return attribute.NewSet(pairs...)
}
