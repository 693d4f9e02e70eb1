package promguard

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

// CounterVec is a prometheus.CounterVec with a bound on its label sets; see
// [HistogramVec].
type CounterVec struct{ vec[*counter] }

// NewCounterVec makes a CounterVec; see [NewHistogramVec].
func NewCounterVec(opts prometheus.CounterOpts, labels []string, options ...cardinality.Option) *CounterVec {
	raw := prometheus.NewCounterVec(opts, labels).MetricVec
	name := prometheus.BuildFQName(opts.Namespace, opts.Subsystem, opts.Name)
	return newCounterVec(&maker{raw: raw}, name, labels, options)
}

func newCounterVec(m *maker, name string, labels []string, options []cardinality.Option) *CounterVec {
	t := &table[*counter]{name: name, labels: labels, maker: m}
	t.start(func(values []string) *counter { return newCounter(t, values) }, defaults(name, counterBytes, options))
	return &CounterVec{newVec(t)}
}

// WithLabelValues returns the counter for these values, in the order of the labels.
// It may be kept: once its set was demoted it looks the set up again at each use.
// A wrong number of values leads to the overflow.
func (v *CounterVec) WithLabelValues(values ...string) prometheus.Counter {
	if v.direct != nil {
		return v.direct.With(values...)
	}
	return v.with(values...)
}

// With1 is WithLabelValues for vecs with one label that is not curried, and
// faster.
func (v *CounterVec) With1(a string) prometheus.Counter {
	if v.direct != nil {
		return v.direct.With1(a)
	}
	return v.with(a)
}

// With2 is WithLabelValues for vecs with two labels that are not curried.
func (v *CounterVec) With2(a, b string) prometheus.Counter {
	if v.direct != nil {
		return v.direct.With2(a, b)
	}
	return v.with(a, b)
}

// With3 is WithLabelValues for vecs with three labels that are not curried.
func (v *CounterVec) With3(a, b, c string) prometheus.Counter {
	if v.direct != nil {
		return v.direct.With3(a, b, c)
	}
	return v.with(a, b, c)
}

// With is WithLabelValues by name. Names that are not those of the labels lead to
// the overflow.
func (v *CounterVec) With(labels prometheus.Labels) prometheus.Counter { return v.withLabels(labels) }

// GetMetricWithLabelValues is WithLabelValues, except that a wrong number of values
// is an error.
func (v *CounterVec) GetMetricWithLabelValues(values ...string) (prometheus.Counter, error) {
	child, err := v.get(values)
	if err != nil {
		return nil, err
	}
	return child, nil
}

// GetMetricWith is With, except that wrong names are an error.
func (v *CounterVec) GetMetricWith(labels prometheus.Labels) (prometheus.Counter, error) {
	child, err := v.getLabels(labels)
	if err != nil {
		return nil, err
	}
	return child, nil
}

// CurryWith returns the vec with some labels set. It admits nothing yet.
func (v *CounterVec) CurryWith(labels prometheus.Labels) (*CounterVec, error) {
	curried, err := v.curryWith(labels)
	if err != nil {
		return nil, err
	}
	return &CounterVec{curried}, nil
}

// MustCurryWith is CurryWith, and panics instead of returning an error: it is for
// set-up.
func (v *CounterVec) MustCurryWith(labels prometheus.Labels) *CounterVec {
	curried, err := v.CurryWith(labels)
	if err != nil {
		panic(err)
	}
	return curried
}
