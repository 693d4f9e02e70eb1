package otelguard

import (
	"context"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/embedded"
)

// guardedObservable is an observable instrument of ours.
type guardedObservable interface {
	bare() (metric.Observable, *instrument)
}

// observableConfig is what the options of an observable instrument say.
type observableConfig[C any] interface {
	Description() string
	Unit() string
	Callbacks() []C
}

// int64Options and float64Options return the options of an observable instrument with
// its callbacks guarded.

func int64Options[O any](in *instrument, opts []O, cfg observableConfig[metric.Int64Callback]) []O {
	guarded := withoutCallbacks(opts, cfg)
	for _, call := range cfg.Callbacks() {
		guarded = append(guarded, any(metric.WithInt64Callback(in.int64Callback(call))).(O))
	}
	return guarded
}

func float64Options[O any](in *instrument, opts []O, cfg observableConfig[metric.Float64Callback]) []O {
	guarded := withoutCallbacks(opts, cfg)
	for _, call := range cfg.Callbacks() {
		guarded = append(guarded, any(metric.WithFloat64Callback(in.float64Callback(call))).(O))
	}
	return guarded
}

// withoutCallbacks keeps also the options that only the SDK understands.
func withoutCallbacks[O, C any](opts []O, cfg observableConfig[C]) []O {
	kept := []O{any(metric.WithDescription(cfg.Description())).(O), any(metric.WithUnit(cfg.Unit())).(O)}
	for _, o := range opts {
		if _, ok := any(o).(interface{ Experimental() }); ok {
			kept = append(kept, o)
		}
	}
	return kept
}

// RegisterCallback implements [metric.Meter].
func (m meter) RegisterCallback(call metric.Callback, instruments ...metric.Observable) (metric.Registration, error) {
	bare := make([]metric.Observable, len(instruments))
	for i, o := range instruments {
		bare[i] = o
		if g, ok := o.(guardedObservable); ok {
			bare[i], _ = g.bare()
		}
	}
	if call == nil {
		return m.to.RegisterCallback(nil, bare...)
	}
	return m.to.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		return call(ctx, observer{to: o})
	}, bare...)
}

// observes returns the options in place of those of an observation. ok is false if
// it is that of a gauge which stands for many sets.
func (in *instrument) observes(opts []metric.ObserveOption) (guarded []metric.ObserveOption, ok bool) {
	if len(opts) == 0 {
		return opts, true
	}
	set := metric.NewObserveConfig(opts).Attributes()
	id := set.Equivalent()
	if id == noAttributes {
		return opts, true
	}
	o := in.ofSet(id, &set)
	if in.isGauge && !o.own {
		in.gauges.Add(1)
		return nil, false
	}
	return o.observe[:], true
}

// observer is what callbacks for several instruments get.
type observer struct {
	embedded.Observer
	to metric.Observer
}

// ObserveInt64 implements [metric.Observer].
func (o observer) ObserveInt64(of metric.Int64Observable, value int64, opts ...metric.ObserveOption) {
	if g, ok := of.(guardedObservable); ok {
		bare, in := g.bare()
		if opts, ok := in.observes(opts); ok {
			o.to.ObserveInt64(bare.(metric.Int64Observable), value, opts...)
		}
		return
	}
	o.to.ObserveInt64(of, value, opts...)
}

// ObserveFloat64 implements [metric.Observer].
func (o observer) ObserveFloat64(of metric.Float64Observable, value float64, opts ...metric.ObserveOption) {
	if g, ok := of.(guardedObservable); ok {
		bare, in := g.bare()
		if opts, ok := in.observes(opts); ok {
			o.to.ObserveFloat64(bare.(metric.Float64Observable), value, opts...)
		}
		return
	}
	o.to.ObserveFloat64(of, value, opts...)
}

// int64Observer and float64Observer are what callbacks of one instrument get.
type int64Observer struct {
	embedded.Int64Observer
	of *instrument
	to metric.Int64Observer
}

// Observe implements [metric.Int64Observer].
func (o int64Observer) Observe(value int64, opts ...metric.ObserveOption) {
	if opts, ok := o.of.observes(opts); ok {
		o.to.Observe(value, opts...)
	}
}

type float64Observer struct {
	embedded.Float64Observer
	of *instrument
	to metric.Float64Observer
}

// Observe implements [metric.Float64Observer].
func (o float64Observer) Observe(value float64, opts ...metric.ObserveOption) {
	if opts, ok := o.of.observes(opts); ok {
		o.to.Observe(value, opts...)
	}
}

func (in *instrument) int64Callback(call metric.Int64Callback) metric.Int64Callback {
	return func(ctx context.Context, o metric.Int64Observer) error {
		return call(ctx, int64Observer{of: in, to: o})
	}
}

func (in *instrument) float64Callback(call metric.Float64Callback) metric.Float64Callback {
	return func(ctx context.Context, o metric.Float64Observer) error {
		return call(ctx, float64Observer{of: in, to: o})
	}
}
