package otelguard

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/embedded"
)

// number is what instruments record.
type number interface{ int64 | float64 }

// Adder is a counter, which goes up, or up and down: metric.Int64Counter,
// metric.Float64UpDownCounter and so on.
type Adder[N int64 | float64] interface {
	// Add records an increment.
	Add(ctx context.Context, increment N, options ...metric.AddOption)
	// Enabled reports whether anybody wants it.
	Enabled(ctx context.Context) bool
}

// Recorder is a histogram or a gauge: metric.Float64Histogram, metric.Int64Gauge
// and so on.
type Recorder[N int64 | float64] interface {
	// Record records a value.
	Record(ctx context.Context, value N, options ...metric.RecordOption)
	// Enabled reports whether anybody wants it.
	Enabled(ctx context.Context) bool
}

// Add is to.Add(ctx, increment, metric.WithAttributes(attributes...)), and takes about
// a third of the time if to comes from a guarded provider: then no attribute.Set is
// built.
func Add[N int64 | float64](ctx context.Context, to Adder[N], increment N, attributes ...attribute.KeyValue) {
	if g, ok := to.(interface{ adding() *counter[N] }); ok {
		c := g.adding()
		if len(attributes) == 0 { // as the method does: that set has a place of its own in the SDK
			c.to.Add(ctx, increment)
			return
		}
		c.to.Add(ctx, increment, c.of.ofList(attributes).add[:]...)
		return
	}
	to.Add(ctx, increment, metric.WithAttributes(attributes...))
}

// Record is to.Record(ctx, value, metric.WithAttributes(attributes...)), and takes
// about a third of the time if to comes from a guarded provider.
func Record[N int64 | float64](ctx context.Context, to Recorder[N], value N, attributes ...attribute.KeyValue) {
	if g, ok := to.(interface{ recording() *recorder[N] }); ok {
		r := g.recording()
		if len(attributes) == 0 {
			r.to.Record(ctx, value)
			return
		}
		r.record(ctx, value, r.of.ofList(attributes))
		return
	}
	to.Record(ctx, value, metric.WithAttributes(attributes...))
}

// counter stands in front of a counter of the SDK.
type counter[N number] struct {
	of *instrument
	to Adder[N]
}

func (c *counter[N]) adding() *counter[N] { return c }

// Add implements the counters of package metric.
func (c *counter[N]) Add(ctx context.Context, increment N, opts ...metric.AddOption) {
	if len(opts) > 0 {
		set := metric.NewAddConfig(opts).Attributes()
		if id := set.Equivalent(); id != noAttributes {
			opts = c.of.ofSet(id, &set).add[:]
		}
	}
	c.to.Add(ctx, increment, opts...)
}

// Enabled implements the counters of package metric.
func (c *counter[N]) Enabled(ctx context.Context) bool { return c.to.Enabled(ctx) }

// recorder stands in front of a histogram or a gauge of the SDK.
type recorder[N number] struct {
	of *instrument
	to Recorder[N]
}

func (r *recorder[N]) recording() *recorder[N] { return r }

// Record implements the histograms and gauges of package metric.
func (r *recorder[N]) Record(ctx context.Context, value N, opts ...metric.RecordOption) {
	if len(opts) > 0 {
		set := metric.NewRecordConfig(opts).Attributes()
		if id := set.Equivalent(); id != noAttributes {
			r.record(ctx, value, r.of.ofSet(id, &set))
			return
		}
	}
	r.to.Record(ctx, value, opts...)
}

// record passes a value on, unless it is that of a gauge which stands for many sets:
// the last of many values says nothing.
func (r *recorder[N]) record(ctx context.Context, value N, o *options) {
	if r.of.isGauge && !o.own {
		r.of.gauges.Add(1)
		return
	}
	r.to.Record(ctx, value, o.record[:]...)
}

// Enabled implements the histograms and gauges of package metric.
func (r *recorder[N]) Enabled(ctx context.Context) bool { return r.to.Enabled(ctx) }

// The instruments of the API.
type (
	int64Counter struct {
		embedded.Int64Counter
		counter[int64]
	}
	int64UpDownCounter struct {
		embedded.Int64UpDownCounter
		counter[int64]
	}
	int64Histogram struct {
		embedded.Int64Histogram
		recorder[int64]
	}
	int64Gauge struct {
		embedded.Int64Gauge
		recorder[int64]
	}
	float64Counter struct {
		embedded.Float64Counter
		counter[float64]
	}
	float64UpDownCounter struct {
		embedded.Float64UpDownCounter
		counter[float64]
	}
	float64Histogram struct {
		embedded.Float64Histogram
		recorder[float64]
	}
	float64Gauge struct {
		embedded.Float64Gauge
		recorder[float64]
	}
)
