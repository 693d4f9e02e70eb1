package promguard

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

// WrapHistogramVec puts a guard in front of a vec that exists:
//
//	var seconds = promguard.WrapHistogramVec(promauto.NewHistogramVec(opts, labels))
//
// Sets are made in the vec, which stays the one that is registered: use the vec
// through the guard from then on. Nothing is demoted, because totals cannot be
// moved within a vec: whoever came first keeps the place. New…Vec is fairer and
// needs less memory. If the vec is not registered, the result can be.
//
// It panics if vec is nil or curried, or if an option makes no sense.
func WrapHistogramVec(vec *prometheus.HistogramVec, options ...cardinality.Option) *HistogramVec {
	if vec == nil {
		panic(errNoVec)
	}
	m, id := wrapped(vec.MetricVec)
	return &HistogramVec{newObservers(m, id.name, id.variables, kindBytes(vec), options)}
}

// WrapSummaryVec is [WrapHistogramVec] for a vec of summaries.
func WrapSummaryVec(vec *prometheus.SummaryVec, options ...cardinality.Option) *SummaryVec {
	if vec == nil {
		panic(errNoVec)
	}
	m, id := wrapped(vec.MetricVec)
	return &SummaryVec{newObservers(m, id.name, id.variables, kindBytes(vec), options)}
}

// WrapCounterVec is [WrapHistogramVec] for a vec of counters.
func WrapCounterVec(vec *prometheus.CounterVec, options ...cardinality.Option) *CounterVec {
	if vec == nil {
		panic(errNoVec)
	}
	m, id := wrapped(vec.MetricVec)
	return newCounterVec(m, id.name, id.variables, options)
}

// WrapGaugeVec is [WrapHistogramVec] for a vec of gauges.
func WrapGaugeVec(vec *prometheus.GaugeVec, options ...cardinality.Option) *GaugeVec {
	if vec == nil {
		panic(errNoVec)
	}
	m, id := wrapped(vec.MetricVec)
	return newGaugeVec(m, id.name, id.variables, options)
}

var errNoVec = fmt.Errorf("promguard: the vec to wrap is nil: make it first")

// wrapped returns a maker that leaves children where they are. What was read of
// the labels is checked: only their true names can all be curried.
func wrapped(raw *prometheus.MetricVec) (*maker, identity) {
	id, err := identityOf(raw)
	if err == nil {
		if curried := id.isWhole(raw); curried != nil {
			err = fmt.Errorf("promguard: cannot wrap metric %q: %w: wrap the vec that is not curried, or use New…Vec", id.name, curried)
		}
	}
	if err != nil {
		panic(err)
	}
	return &maker{raw: raw, wrapped: true}, id
}

// isWhole returns an error if some labels of a vec are curried already, so that a set
// cannot be named, nor deleted, by its labels. A nil vec is taken to be whole.
func (i identity) isWhole(raw *prometheus.MetricVec) error {
	if raw == nil {
		return nil
	}
	values := prometheus.Labels{}
	for _, name := range i.variables {
		values[name] = ""
	}
	_, err := raw.CurryWith(values)
	return err
}

// rawVec returns what is inside a vec of client_golang, nil of anything else.
func rawVec(c prometheus.Collector) *prometheus.MetricVec {
	switch vec := c.(type) {
	case *prometheus.CounterVec:
		return vec.MetricVec
	case *prometheus.GaugeVec:
		return vec.MetricVec
	case *prometheus.HistogramVec:
		return vec.MetricVec
	case *prometheus.SummaryVec:
		return vec.MetricVec
	case *prometheus.MetricVec:
		return vec
	}
	return nil
}

// identityOf asks a collector for its one description.
func identityOf(c prometheus.Collector) (identity, error) {
	descs := describe(c)
	if len(descs) != 1 {
		return identity{}, fmt.Errorf("promguard: the collector has %d descriptions, a vec has one", len(descs))
	}
	return identify(descs[0])
}
