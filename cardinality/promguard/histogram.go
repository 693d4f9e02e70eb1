package promguard

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

var (
	_ prometheus.ObserverVec = (*HistogramVec)(nil)
	_ prometheus.ObserverVec = (*SummaryVec)(nil)
)

// observers is what the vecs of histograms and of summaries share.
type observers struct{ vec[*observer] }

// HistogramVec is a prometheus.HistogramVec with a bound on its label sets. Its
// methods are those of that one, except that lookups that make no sense are
// counted in the overflow instead of ending in a panic.
type HistogramVec struct{ observers }

// NewHistogramVec makes a HistogramVec. It panics if the names of the labels, the
// buckets or an option make no sense; what client_golang reports at registration
// is reported there here too.
func NewHistogramVec(opts prometheus.HistogramOpts, labels []string, options ...cardinality.Option) *HistogramVec {
	raw := prometheus.NewHistogramVec(opts, labels).MetricVec
	name := prometheus.BuildFQName(opts.Namespace, opts.Subsystem, opts.Name)
	return &HistogramVec{newObservers(&maker{raw: raw}, name, labels, histogramBytes(opts), options)}
}

// SummaryVec is a prometheus.SummaryVec with a bound on its label sets; see
// [HistogramVec]. What a demoted set leaves to the overflow is its count and sum:
// the quantiles of an overflow are those of what was observed there.
type SummaryVec struct{ observers }

// NewSummaryVec makes a SummaryVec; see [NewHistogramVec].
func NewSummaryVec(opts prometheus.SummaryOpts, labels []string, options ...cardinality.Option) *SummaryVec {
	raw := prometheus.NewSummaryVec(opts, labels).MetricVec
	name := prometheus.BuildFQName(opts.Namespace, opts.Subsystem, opts.Name)
	return &SummaryVec{newObservers(&maker{raw: raw}, name, labels, summaryBytes(opts), options)}
}

func newObservers(m *maker, name string, labels []string, bytes int64, options []cardinality.Option) observers {
	t := &table[*observer]{name: name, labels: labels, maker: m}
	t.start(func(values []string) *observer { return newObserver(t, values) }, defaults(name, bytes, options))
	return observers{newVec(t)}
}

// WithLabelValues returns the child for these values, in the order of the labels.
// It may be kept: once its set was demoted it looks the set up again at each use.
// A wrong number of values leads to the overflow.
func (v *observers) WithLabelValues(values ...string) prometheus.Observer {
	if v.direct != nil {
		return v.direct.With(values...)
	}
	return v.with(values...)
}

// With1 is WithLabelValues for vecs with one label that is not curried, and
// faster.
func (v *observers) With1(a string) prometheus.Observer {
	if v.direct != nil {
		return v.direct.With1(a)
	}
	return v.with(a)
}

// With2 is WithLabelValues for vecs with two labels that are not curried.
func (v *observers) With2(a, b string) prometheus.Observer {
	if v.direct != nil {
		return v.direct.With2(a, b)
	}
	return v.with(a, b)
}

// With3 is WithLabelValues for vecs with three labels that are not curried.
func (v *observers) With3(a, b, c string) prometheus.Observer {
	if v.direct != nil {
		return v.direct.With3(a, b, c)
	}
	return v.with(a, b, c)
}

// With is WithLabelValues by name. Names that are not those of the labels lead to
// the overflow.
func (v *observers) With(labels prometheus.Labels) prometheus.Observer { return v.withLabels(labels) }

// GetMetricWithLabelValues is WithLabelValues, except that a wrong number of values
// is an error.
func (v *observers) GetMetricWithLabelValues(values ...string) (prometheus.Observer, error) {
	child, err := v.get(values)
	if err != nil {
		return nil, err
	}
	return child, nil
}

// GetMetricWith is With, except that wrong names are an error.
func (v *observers) GetMetricWith(labels prometheus.Labels) (prometheus.Observer, error) {
	child, err := v.getLabels(labels)
	if err != nil {
		return nil, err
	}
	return child, nil
}

// CurryWith returns the vec with some labels set. It admits nothing yet.
func (v *observers) CurryWith(labels prometheus.Labels) (prometheus.ObserverVec, error) {
	curried, err := v.curryWith(labels)
	if err != nil {
		return nil, err
	}
	return &observers{curried}, nil
}

// MustCurryWith is CurryWith, and panics instead of returning an error: it is for
// set-up.
func (v *observers) MustCurryWith(labels prometheus.Labels) prometheus.ObserverVec {
	curried, err := v.CurryWith(labels)
	if err != nil {
		panic(err)
	}
	return curried
}
