package promguard

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/cardinality"
)

// The tests of this file bring about, one after the other, what happens once in
// many runs when goroutines meet.

// interrupted is a metric in whose methods something else happens, just before
// they record.
type interrupted struct {
	prometheus.Histogram
	meanwhile func()
}

func (i interrupted) Observe(v float64) { i.meanwhile(); i.Histogram.Observe(v) }

type interruptedGauge struct {
	prometheus.Gauge
	meanwhile func()
}

func (i interruptedGauge) Add(v float64) { i.meanwhile(); i.Gauge.Add(v) }
func (i interruptedGauge) Set(v float64) { i.meanwhile(); i.Gauge.Set(v) }

type interruptedCounter struct {
	prometheus.Counter
	meanwhile func()
}

func (i interruptedCounter) Inc()          { i.meanwhile(); i.Counter.Inc() }
func (i interruptedCounter) Add(v float64) { i.meanwhile(); i.Counter.Add(v) }

// A set is demoted after a goroutine has found its child and before it records.
func TestDemotedMeanwhile(t *testing.T) {
	h := NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, []string{"a"})
	o := h.sets.With("1")
	o.metric = interrupted{o.metric.(prometheus.Histogram), func() { o.Fold(h.sets.Overflow()) }}
	o.Observe(1)
	if got := frozenTotal(h.sets.Overflow()); got != 1 {
		t.Errorf("histogram: %v of 1", got)
	}
	c := NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})
	for i, record := range []func(*counter){(*counter).Inc, func(c *counter) { c.Add(1) }} {
		child := c.sets.With(fmt.Sprint(i))
		child.metric = interruptedCounter{child.metric, func() { child.Fold(c.sets.Overflow()) }}
		record(child)
	}
	if got := frozenTotal(c.sets.Overflow()); got != 2 {
		t.Errorf("counter: %v of 2", got)
	}
	g := NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, []string{"a"})
	added := g.sets.With("1")
	added.metric = interruptedGauge{added.metric, func() { added.Fold(g.sets.Overflow()) }}
	added.Add(3)
	g.sets.Delete("2")
	set := g.sets.With("2")
	set.Add(1)
	set.metric = interruptedGauge{set.metric, func() { g.sets.Delete("2"); set.Fold(g.sets.Overflow()) }}
	set.Set(7)
	if got := frozenTotal(g.sets.Overflow()); got != 3 {
		t.Errorf("gauge: %v, want the 3 that were added", got)
	}
	if got := valueOf(g.sets.With("2")); got != 7 {
		t.Errorf("a gauge that was set while it was demoted is at %v", got)
	}
}

// Children that are kept find their set again: those of all kinds.
func TestKeptChildrenOfAllKinds(t *testing.T) {
	h := NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, []string{"a"})
	o := h.sets.With("1")
	g := NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, []string{"a"})
	kept := g.sets.With("1")
	o.Fold(h.sets.Overflow())
	h.Delete(prometheus.Labels{"a": "1"})
	kept.Fold(g.sets.Overflow())
	g.Delete(prometheus.Labels{"a": "1"})
	o.Observe(1)
	o.ObserveWithExemplar(1, nil)
	kept.Set(5)
	kept.Inc()
	kept.Sub(2)
	if got := frozenTotal(h.sets.With("1")); got != 2 {
		t.Errorf("the histogram has %v of 2", got)
	}
	if got := valueOf(g.sets.With("1")); got != 4 {
		t.Errorf("the gauge is at %v", got)
	}
}

// A registry reads metrics some time after it collected them. What was demoted
// meanwhile is not counted twice.
func TestDemotedDuringScrape(t *testing.T) {
	v := NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, []string{"a"}, cardinality.MaxSets(1))
	child := v.sets.With("1")
	child.Observe(1)
	v.WithLabelValues("2").Observe(1)
	collected, err := collectAll(v)
	if err != nil {
		t.Fatal(err)
	}
	child.Fold(v.sets.Overflow())
	sum := 0.0
	for _, m := range collected {
		sum += frozenTotal(m)
	}
	if sum != 2 {
		t.Errorf("%v observations of 2", sum)
	}
}

// What comes late for a set of somebody else's vec goes where the set has gone.
func TestLateForDemoted(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := NewRegisterer(registry)
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})
	r.MustRegister(vec)
	f := r.fences[0]
	kept := vec.WithLabelValues("1")
	kept.Inc()
	r.sweep()
	w, _ := f.sets.Peek("1")
	w.Fold(f.sets.Overflow())
	w.gain(&tally{sum: 1}, nil) // as from a straggler that was folded into it
	for range 5 {
		kept.Inc()
		r.sweep()
	}
	if got := f.sets.Overflow().gained.sum; got != 7 {
		t.Errorf("%v of 7", got)
	}
}

func frozenTotal(m prometheus.Metric) float64 {
	f := freeze(m)
	return total(&dto.MetricFamily{Metric: []*dto.Metric{f.data}})
}
