package otelguard

import (
	"go.opentelemetry.io/otel/metric"
)

// Observable instruments are those of the SDK with their guard beside. A callback
// passes the same ones to its observer, which takes them apart again.
type (
	int64ObservableCounter struct {
		metric.Int64ObservableCounter
		of *instrument
	}
	int64ObservableUpDownCounter struct {
		metric.Int64ObservableUpDownCounter
		of *instrument
	}
	int64ObservableGauge struct {
		metric.Int64ObservableGauge
		of *instrument
	}
	float64ObservableCounter struct {
		metric.Float64ObservableCounter
		of *instrument
	}
	float64ObservableUpDownCounter struct {
		metric.Float64ObservableUpDownCounter
		of *instrument
	}
	float64ObservableGauge struct {
		metric.Float64ObservableGauge
		of *instrument
	}
)

func (o int64ObservableCounter) bare() (metric.Observable, *instrument) {
	return o.Int64ObservableCounter, o.of
}

func (o int64ObservableUpDownCounter) bare() (metric.Observable, *instrument) {
	return o.Int64ObservableUpDownCounter, o.of
}

func (o int64ObservableGauge) bare() (metric.Observable, *instrument) {
	return o.Int64ObservableGauge, o.of
}

func (o float64ObservableCounter) bare() (metric.Observable, *instrument) {
	return o.Float64ObservableCounter, o.of
}

func (o float64ObservableUpDownCounter) bare() (metric.Observable, *instrument) {
	return o.Float64ObservableUpDownCounter, o.of
}

func (o float64ObservableGauge) bare() (metric.Observable, *instrument) {
	return o.Float64ObservableGauge, o.of
}

// Int64ObservableCounter implements [metric.Meter].
func (m meter) Int64ObservableCounter(name string, opts ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	in := m.instrument(name, "ObservableCounter")
	to, err := m.to.Int64ObservableCounter(name, int64Options(in, opts, metric.NewInt64ObservableCounterConfig(opts...))...)
	if to == nil {
		return to, err
	}
	return int64ObservableCounter{to, in}, err
}

// Int64ObservableUpDownCounter implements [metric.Meter].
func (m meter) Int64ObservableUpDownCounter(name string, opts ...metric.Int64ObservableUpDownCounterOption) (metric.Int64ObservableUpDownCounter, error) {
	in := m.instrument(name, "ObservableUpDownCounter")
	to, err := m.to.Int64ObservableUpDownCounter(name, int64Options(in, opts, metric.NewInt64ObservableUpDownCounterConfig(opts...))...)
	if to == nil {
		return to, err
	}
	return int64ObservableUpDownCounter{to, in}, err
}

// Int64ObservableGauge implements [metric.Meter].
func (m meter) Int64ObservableGauge(name string, opts ...metric.Int64ObservableGaugeOption) (metric.Int64ObservableGauge, error) {
	in := m.instrument(name, "ObservableGauge")
	to, err := m.to.Int64ObservableGauge(name, int64Options(in, opts, metric.NewInt64ObservableGaugeConfig(opts...))...)
	if to == nil {
		return to, err
	}
	return int64ObservableGauge{to, in}, err
}

// Float64ObservableCounter implements [metric.Meter].
func (m meter) Float64ObservableCounter(name string, opts ...metric.Float64ObservableCounterOption) (metric.Float64ObservableCounter, error) {
	in := m.instrument(name, "ObservableCounter")
	to, err := m.to.Float64ObservableCounter(name, float64Options(in, opts, metric.NewFloat64ObservableCounterConfig(opts...))...)
	if to == nil {
		return to, err
	}
	return float64ObservableCounter{to, in}, err
}

// Float64ObservableUpDownCounter implements [metric.Meter].
func (m meter) Float64ObservableUpDownCounter(name string, opts ...metric.Float64ObservableUpDownCounterOption) (metric.Float64ObservableUpDownCounter, error) {
	in := m.instrument(name, "ObservableUpDownCounter")
	to, err := m.to.Float64ObservableUpDownCounter(name, float64Options(in, opts, metric.NewFloat64ObservableUpDownCounterConfig(opts...))...)
	if to == nil {
		return to, err
	}
	return float64ObservableUpDownCounter{to, in}, err
}

// Float64ObservableGauge implements [metric.Meter].
func (m meter) Float64ObservableGauge(name string, opts ...metric.Float64ObservableGaugeOption) (metric.Float64ObservableGauge, error) {
	in := m.instrument(name, "ObservableGauge")
	to, err := m.to.Float64ObservableGauge(name, float64Options(in, opts, metric.NewFloat64ObservableGaugeConfig(opts...))...)
	if to == nil {
		return to, err
	}
	return float64ObservableGauge{to, in}, err
}
