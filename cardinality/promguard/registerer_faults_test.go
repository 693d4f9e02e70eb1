package promguard

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/metric"
)

func newPaths(labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, labels)
}

// A sum that is NaN is not taken for a metric that is in use: it would be looked at
// for ever.
func TestRegistererNaN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegisterer(prometheus.NewRegistry(), cardinality.MaxSets(1))
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, []string{"a"})
		r.MustRegister(v)
		v.WithLabelValues("first").Observe(1)
		r.sweep()
		for i := range 10 {
			v.WithLabelValues(fmt.Sprint("junk", i)).Observe(math.NaN())
		}
		sweepFor(r, 2*lateFor)
		if n := len(r.fences[0].late); n != 0 {
			t.Errorf("%d deleted metrics are still looked at", n)
		}
	})
}

// A counter of 20 TB that goes on counting is in use, and keeps its place.
func TestRegistererLargeCounter(t *testing.T) {
	r := NewRegisterer(prometheus.NewRegistry())
	v := newPaths("disk")
	r.MustRegister(v)
	bytes := v.WithLabelValues("sda")
	bytes.Add(20e12)
	r.sweep()
	for set := range r.fences[0].sets.Sets() {
		before := set.Child.Activity()
		if bytes.Add(4096); set.Child.Activity() == before {
			t.Error("a counter that counts is taken for idle")
		}
	}
}

// Vecs of one name, told apart by a constant label, are reported one by one.
func TestRegistererSameName(t *testing.T) {
	r := NewRegisterer(prometheus.NewRegistry(), cardinality.MaxSets(1))
	for _, db := range []string{"a", "b"} {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "x", ConstLabels: prometheus.Labels{"db": db}}, []string{"a"})
		r.MustRegister(v)
		v.WithLabelValues("1").Set(1)
		v.WithLabelValues("2").Set(1)
	}
	r.sweep()
	seen := map[string]int{}
	r.Collect(func(s metric.Sample) { seen[fmt.Sprint(s.Desc.Name, s.LabelValues)]++ })
	for series, n := range seen {
		if n > 1 {
			t.Errorf("%s is reported %d times", series, n)
		}
	}
	for _, name := range []string{"x", `x{db="b"}`} {
		if seen["cardinality.sets["+name+"]"] != 1 || seen["cardinality.dropped["+name+" gauge_deleted]"] != 1 {
			t.Errorf("%s is missing in %v", name, seen)
		}
	}
}

// From a curried vec no set can be deleted, so it is left alone.
func TestRegistererCurried(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := NewRegisterer(registry, cardinality.MaxSets(1))
	v := newPaths("a", "b")
	r.MustRegister(v.MustCurryWith(prometheus.Labels{"a": "1"}))
	for i := range 10 {
		v.WithLabelValues("1", fmt.Sprint(i)).Inc()
	}
	for range 3 {
		if got := total(gather(t, registry)["x"]); got != 10 {
			t.Errorf("%v of 10", got)
		}
	}
}

// values is a collector that == panics for.
type values struct {
	prometheus.Collector
	list []int
}

// A registry finds a collector by its descriptions, so what is behind it is let go of
// by them too.
func TestRegistererUnregister(t *testing.T) {
	r := NewRegisterer(prometheus.NewRegistry())
	for name, c := range map[string]func() prometheus.Collector{
		"vec": func() prometheus.Collector { return newPaths("a") },
		"uncomparable": func() prometheus.Collector {
			return values{prometheus.NewCounter(prometheus.CounterOpts{Name: "y"}), nil}
		},
	} {
		r.MustRegister(c())
		if !r.Unregister(c()) || len(r.fences)+len(r.opens)+len(r.taken) != 0 {
			t.Errorf("%s: %d fences, %d others and %d names are left", name, len(r.fences), len(r.opens), len(r.taken))
		}
	}
}

// Behind a wrapping registerer each metric has a description of its own.
func TestRegistererWrapped(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := NewRegisterer(registry)
	v := newPaths("a")
	prometheus.WrapRegistererWith(prometheus.Labels{"shop": "1"}, r).MustRegister(v)
	for i := range cardinality.DefaultMaxSets + 1 {
		v.WithLabelValues(fmt.Sprint(i))
	}
	gather(t, registry)
	if found := r.Findings(); len(found) != 1 || found[0].Culprits[0].Name != "x" {
		t.Errorf("%+v", found)
	}
}

// bursts panics when it is collected, after a metric at which who reads it panics.
type bursts struct{ prometheus.Collector }

func (bursts) Collect(ch chan<- prometheus.Metric) {
	ch <- nil
	panic("burst")
}

// A collector that panics does not do so on a goroutine of ours.
func TestRegistererCollectorPanics(t *testing.T) {
	r := NewRegisterer(prometheus.NewRegistry())
	r.MustRegister(bursts{prometheus.NewCounter(prometheus.CounterOpts{Name: "x"})})
	if all, err := collectAll(r.opens[0]); err == nil || len(all) != 1 {
		t.Errorf("%d metrics, %v: want what the collector sent, and its panic", len(all), err)
	}
}

// An option that makes no sense fails at set-up, not in a library that registers.
func TestRegistererOptions(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "MaxSets") {
			t.Errorf("%v: want an error about MaxSets", err)
		}
	}()
	NewRegisterer(prometheus.NewRegistry(), cardinality.MaxSets(-1))
}

// A registry looks inside the collectors of WrapRegistererWith. Libraries turn what
// they find in the error into their own type.
func TestAlreadyRegisteredBehindAPrefix(t *testing.T) {
	to := prometheus.WrapRegistererWithPrefix("lib_", NewRegisterer(prometheus.NewRegistry()))
	first := newPaths("a")
	to.MustRegister(first)
	var already prometheus.AlreadyRegisteredError
	if err := to.Register(newPaths("a")); !errors.As(err, &already) || already.ExistingCollector != first {
		t.Errorf("the error has %T, want the vec that was registered first", already.ExistingCollector)
	}
}
