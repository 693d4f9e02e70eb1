package promguard

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

// GaugeVec is a prometheus.GaugeVec with a bound on its label sets; see
// [HistogramVec]. Set on a gauge of the overflow does nothing
// but count, see [Guard.Dropped]: many values have no right sum. What is added
// and subtracted goes on. A gauge that was ever set is never demoted.
type GaugeVec struct{ vec[*gauge] }

// NewGaugeVec makes a GaugeVec; see [NewHistogramVec].
func NewGaugeVec(opts prometheus.GaugeOpts, labels []string, options ...cardinality.Option) *GaugeVec {
	raw := prometheus.NewGaugeVec(opts, labels).MetricVec
	name := prometheus.BuildFQName(opts.Namespace, opts.Subsystem, opts.Name)
	return newGaugeVec(&maker{raw: raw}, name, labels, options)
}

func newGaugeVec(m *maker, name string, labels []string, options []cardinality.Option) *GaugeVec {
	t := &table[*gauge]{name: name, labels: labels, maker: m}
	t.start(func(values []string) *gauge { return newGauge(t, values) }, defaults(name, gaugeBytes, options))
	return &GaugeVec{newVec(t)}
}

// WithLabelValues returns the gauge for these values, in the order of the labels.
// It may be kept: once its set was demoted it looks the set up again at each use.
// A wrong number of values leads to the overflow.
func (v *GaugeVec) WithLabelValues(values ...string) prometheus.Gauge {
	if v.direct != nil {
		return v.direct.With(values...)
	}
	return v.with(values...)
}

// With1 is WithLabelValues for vecs with one label that is not curried, and
// faster.
func (v *GaugeVec) With1(a string) prometheus.Gauge {
	if v.direct != nil {
		return v.direct.With1(a)
	}
	return v.with(a)
}

// With2 is WithLabelValues for vecs with two labels that are not curried.
func (v *GaugeVec) With2(a, b string) prometheus.Gauge {
	if v.direct != nil {
		return v.direct.With2(a, b)
	}
	return v.with(a, b)
}

// With3 is WithLabelValues for vecs with three labels that are not curried.
func (v *GaugeVec) With3(a, b, c string) prometheus.Gauge {
	if v.direct != nil {
		return v.direct.With3(a, b, c)
	}
	return v.with(a, b, c)
}

// With is WithLabelValues by name. Names that are not those of the labels lead to
// the overflow.
func (v *GaugeVec) With(labels prometheus.Labels) prometheus.Gauge { return v.withLabels(labels) }

// GetMetricWithLabelValues is WithLabelValues, except that a wrong number of values
// is an error.
func (v *GaugeVec) GetMetricWithLabelValues(values ...string) (prometheus.Gauge, error) {
	child, err := v.get(values)
	if err != nil {
		return nil, err
	}
	return child, nil
}

// GetMetricWith is With, except that wrong names are an error.
func (v *GaugeVec) GetMetricWith(labels prometheus.Labels) (prometheus.Gauge, error) {
	child, err := v.getLabels(labels)
	if err != nil {
		return nil, err
	}
	return child, nil
}

// CurryWith returns the vec with some labels set. It admits nothing yet.
func (v *GaugeVec) CurryWith(labels prometheus.Labels) (*GaugeVec, error) {
	curried, err := v.curryWith(labels)
	if err != nil {
		return nil, err
	}
	return &GaugeVec{curried}, nil
}

// MustCurryWith is CurryWith, and panics instead of returning an error: it is for
// set-up.
func (v *GaugeVec) MustCurryWith(labels prometheus.Labels) *GaugeVec {
	curried, err := v.CurryWith(labels)
	if err != nil {
		panic(err)
	}
	return curried
}
