package otelguard

import (
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/embedded"
)

// meter makes guarded instruments. Where the SDK returns an instrument with an
// error, the instrument is guarded and the error passed on. It is a value: two of one
// scope are equal, as those of the SDK are, which is how others tell them apart.
type meter struct {
	embedded.Meter
	to     metric.Meter
	guards *guards
	scope  scope
}

func (m meter) instrument(name, kind string) *instrument {
	return m.guards.instrument(m.scope, name, kind)
}

// Int64Counter implements [metric.Meter].
func (m meter) Int64Counter(name string, opts ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	to, err := m.to.Int64Counter(name, opts...)
	if to == nil {
		return to, err
	}
	return &int64Counter{counter: counter[int64]{m.instrument(name, "Counter"), to}}, err
}

// Int64UpDownCounter implements [metric.Meter].
func (m meter) Int64UpDownCounter(name string, opts ...metric.Int64UpDownCounterOption) (metric.Int64UpDownCounter, error) {
	to, err := m.to.Int64UpDownCounter(name, opts...)
	if to == nil {
		return to, err
	}
	return &int64UpDownCounter{counter: counter[int64]{m.instrument(name, "UpDownCounter"), to}}, err
}

// Int64Histogram implements [metric.Meter].
func (m meter) Int64Histogram(name string, opts ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	to, err := m.to.Int64Histogram(name, opts...)
	if to == nil {
		return to, err
	}
	return &int64Histogram{recorder: recorder[int64]{m.instrument(name, "Histogram"), to}}, err
}

// Int64Gauge implements [metric.Meter].
func (m meter) Int64Gauge(name string, opts ...metric.Int64GaugeOption) (metric.Int64Gauge, error) {
	to, err := m.to.Int64Gauge(name, opts...)
	if to == nil {
		return to, err
	}
	return &int64Gauge{recorder: recorder[int64]{m.instrument(name, "Gauge"), to}}, err
}

// Float64Counter implements [metric.Meter].
func (m meter) Float64Counter(name string, opts ...metric.Float64CounterOption) (metric.Float64Counter, error) {
	to, err := m.to.Float64Counter(name, opts...)
	if to == nil {
		return to, err
	}
	return &float64Counter{counter: counter[float64]{m.instrument(name, "Counter"), to}}, err
}

// Float64UpDownCounter implements [metric.Meter].
func (m meter) Float64UpDownCounter(name string, opts ...metric.Float64UpDownCounterOption) (metric.Float64UpDownCounter, error) {
	to, err := m.to.Float64UpDownCounter(name, opts...)
	if to == nil {
		return to, err
	}
	return &float64UpDownCounter{counter: counter[float64]{m.instrument(name, "UpDownCounter"), to}}, err
}

// Float64Histogram implements [metric.Meter].
func (m meter) Float64Histogram(name string, opts ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	to, err := m.to.Float64Histogram(name, opts...)
	if to == nil {
		return to, err
	}
	return &float64Histogram{recorder: recorder[float64]{m.instrument(name, "Histogram"), to}}, err
}

// Float64Gauge implements [metric.Meter].
func (m meter) Float64Gauge(name string, opts ...metric.Float64GaugeOption) (metric.Float64Gauge, error) {
	to, err := m.to.Float64Gauge(name, opts...)
	if to == nil {
		return to, err
	}
	return &float64Gauge{recorder: recorder[float64]{m.instrument(name, "Gauge"), to}}, err
}
