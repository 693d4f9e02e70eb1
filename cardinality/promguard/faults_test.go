package promguard

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/metric"
)

// Where client_golang panics in the middle of a request, the overflow counts.
func TestWrongUse(t *testing.T) {
	v := NewCounterVec(prometheus.CounterOpts{Name: "x", Help: "h"}, abc)
	v.WithLabelValues("1", "2").Inc()
	v.WithLabelValues().Inc()
	v.With1("1").Inc()
	v.With(prometheus.Labels{"a": "1"}).Inc()
	v.With(prometheus.Labels{"a": "1", "b": "2", "d": "3"}).Inc()
	v.With(nil).Inc()
	v.MustCurryWith(prometheus.Labels{"b": "2"}).WithLabelValues("1").Inc()
	v.MustCurryWith(prometheus.Labels{"b": "2"}).With3("1", "2", "3").Inc()
	if got := valueOf(v.sets.Overflow()); sets(v) != 1 || got != 8 {
		t.Errorf("%d sets, the overflow is at %v: want 1 with all 8", sets(v), got)
	}
	if n := v.Guard().Stats().Misused; n != 8 {
		t.Errorf("%d of 8 are counted as wrong use", n)
	}
}

// The methods that can return an error do, and say what to give instead.
func TestErrors(t *testing.T) {
	v := NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, abc)
	_, tooFew := v.GetMetricWithLabelValues("1")
	_, missing := v.GetMetricWith(prometheus.Labels{"a": "1", "b": "2", "d": "3"})
	_, unknown := v.CurryWith(prometheus.Labels{"d": "3"})
	_, twice := v.MustCurryWith(prometheus.Labels{"b": "1"}).CurryWith(prometheus.Labels{"b": "1"})
	for want, err := range map[string]error{
		`1 label values for metric "x": give 3`:       tooFew,
		`label "c", and no value was given`:           missing,
		`no label "d" to curry`:                       unknown,
		`label "b" of metric "x" is curried already:`: twice,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	if v.Delete(prometheus.Labels{"d": "1"}) || v.DeleteLabelValues("1") || v.DeletePartialMatch(prometheus.Labels{"d": "1"}) != 0 {
		t.Error("something was deleted that cannot exist")
	}
	if o, err := v.GetMetricWith(nil); o != nil || err == nil {
		t.Errorf("%v, %v: an observer that holds a nil pointer is not nil", o, err)
	}
}

// Set-up that makes no sense fails at set-up, in the goroutine of who does it.
func TestSetUp(t *testing.T) {
	for want, make := range map[string]func(){
		"le": func() { NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, []string{"le"}) },
		"quantile": func() {
			NewSummaryVec(prometheus.SummaryOpts{Name: "x", Objectives: map[float64]float64{0.5: 0.1}}, []string{"quantile"})
		},
		"increasing order": func() {
			NewHistogramVec(prometheus.HistogramOpts{Name: "x", Buckets: []float64{2, 1}}, []string{"a"})
		},
		"twice":   func() { NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a", "a"}) },
		"MaxSets": func() { NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, []string{"a"}, cardinality.MaxSets(-1)) },
		"\"b\"":   func() { NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, []string{"a"}, cardinality.MaxValues("b", 1)) },
		"nil":     func() { WrapCounterVec(nil) },
		"curried": func() {
			WrapCounterVec(prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, abc).MustCurryWith(prometheus.Labels{"b": "1"}))
		},
	} {
		func() {
			defer func() {
				fault := recover()
				if err, ok := fault.(error); !ok || !strings.Contains(err.Error(), want) {
					t.Errorf("%v: want an error about %s", fault, want)
				}
			}()
			make()
		}()
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(NewCounterVec(prometheus.CounterOpts{Name: "x"}, abc))
	if err := registry.Register(NewCounterVec(prometheus.CounterOpts{Name: "x"}, abc)); !errors.As(err, new(prometheus.AlreadyRegisteredError)) {
		t.Errorf("a second vec of that name: %v", err)
	}
	if err := registry.Register(NewCounterVec(prometheus.CounterOpts{Name: "not valid \xff"}, abc)); err == nil {
		t.Error("a name that is not valid was registered")
	}
}

// Updates that make client_golang panic, or spoil a counter for ever, are counted.
func TestBadUpdates(t *testing.T) {
	v := NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})
	c := v.WithLabelValues("1")
	c.Add(-1)
	c.Add(math.NaN())
	tooLong := prometheus.Labels{"trace": strings.Repeat("x", 200)}
	c.(prometheus.ExemplarAdder).AddWithExemplar(1, tooLong)
	c.(prometheus.ExemplarAdder).AddWithExemplar(-1, nil)
	h := NewHistogramVec(prometheus.HistogramOpts{Name: "h"}, []string{"a"})
	h.WithLabelValues("1").(prometheus.ExemplarObserver).ObserveWithExemplar(1, tooLong)
	if got := valueOf(c); got != 1 {
		t.Errorf("the counter is at %v", got)
	}
	if d := v.Guard().Dropped(); d != (Dropped{CounterValues: 3, Exemplars: 1}) {
		t.Errorf("%+v", d)
	}
	if d := h.Guard().Dropped(); d != (Dropped{Exemplars: 1}) {
		t.Errorf("%+v", d)
	}
	s := NewSummaryVec(prometheus.SummaryOpts{Name: "s"}, []string{"a"})
	s.WithLabelValues("1").(prometheus.ExemplarObserver).ObserveWithExemplar(1, nil) // a summary has none
}

// A label value from outside may be anything.
func FuzzValues(f *testing.F) {
	f.Add("a", "b")
	f.Add("\xff\xfe", "")
	f.Add(cardinality.DefaultMarker, "_"+cardinality.DefaultMarker)
	f.Add(strings.Repeat("x", cardinality.DefaultMaxValueLen+1), "\x00\n\"{}")
	f.Fuzz(anyValues)
}

func TestHugeValues(t *testing.T) {
	anyValues(t, strings.Repeat("x", 1<<20), strings.Repeat("\xff", 1<<20))
}

func anyValues(t *testing.T, a, b string) {
	v := NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a", "b"}, cardinality.MaxSets(3))
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(v)
	labels := prometheus.Labels{"a": a, "b": b}
	v.WithLabelValues(a, b).Inc()
	v.With(labels).Inc()
	v.With2(b, a).Inc()
	v.MustCurryWith(prometheus.Labels{"a": a}).WithLabelValues(b).Inc()
	if got := total(gather(t, registry)["x"]); got != 4 {
		t.Errorf("%v of 4 for %q and %q", got, a, b)
	}
	v.Delete(labels)
	v.DeletePartialMatch(labels)
}

// What a guard declares is valid, and all that it emits is declared.
func TestSource(t *testing.T) {
	v := NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, []string{"a"}, cardinality.MaxSets(1))
	r := NewRegisterer(prometheus.NewRegistry(), cardinality.MaxSets(1))
	foreign := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "y"}, []string{"a"})
	r.MustRegister(foreign)
	for _, a := range []string{"1", "2", "3"} {
		v.WithLabelValues(a).Set(1)
		foreign.WithLabelValues(a).Set(1)
	}
	r.sweep()
	for name, source := range map[string]metric.Source{"x": v.Guard(), "y": r} {
		declared := map[string]bool{}
		for _, d := range source.Describe() {
			if err := d.Validate(); err != nil {
				t.Error(err)
			}
			declared[d.Name] = true
		}
		lost := 0.0
		source.Collect(func(s metric.Sample) {
			if err := s.Validate(); err != nil || !declared[s.Desc.Name] {
				t.Errorf("%+v: %v", s, err)
			}
			if s.Desc.Name == "cardinality.dropped" && s.LabelValues[0] == name {
				lost += s.Value
			}
		})
		if lost != 2 {
			t.Errorf("%s: %v updates of 2 are counted as dropped", name, lost)
		}
	}
}
