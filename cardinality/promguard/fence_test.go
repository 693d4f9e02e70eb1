package promguard

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/cardinality"
)

// fenced registers a vec behind a fence.
func fenced(vec prometheus.Collector, options ...cardinality.Option) (*prometheus.Registry, *Registerer) {
	registry := prometheus.NewRegistry()
	r := NewRegisterer(registry, options...)
	r.MustRegister(vec)
	return registry, r
}

// shown returns the values of the first label of a metric.
func shown(t *testing.T, g prometheus.Gatherer, metric string) (values []string) {
	t.Helper()
	for _, m := range gather(t, g)[metric].GetMetric() {
		values = append(values, m.GetLabel()[0].GetValue())
	}
	return values
}

// foreignMetric is a metric of somebody else. It is a value with a slice, which is no key
// of a map, as the one of client_golang's example for MetricVec.
type foreignMetric struct {
	desc  *prometheus.Desc
	pairs []*dto.LabelPair
	write func(*dto.Metric) error
}

func (m foreignMetric) Desc() *prometheus.Desc { return m.desc }

func (m foreignMetric) Write(out *dto.Metric) error {
	out.Label = m.pairs
	return m.write(out)
}

func newForeignVec(write func(*dto.Metric) error) *prometheus.MetricVec {
	desc := prometheus.NewDesc("x", "h", []string{"a"}, nil)
	return prometheus.NewMetricVec(desc, func(values ...string) prometheus.Metric {
		return foreignMetric{desc, prometheus.MakeLabelPairs(desc, values), write}
	})
}

func TestMetricsThatAreNoKeys(t *testing.T) {
	vec := newForeignVec(func(out *dto.Metric) error {
		out.Gauge = &dto.Gauge{Value: new(float64)}
		return nil
	})
	registry, _ := fenced(vec, cardinality.MaxSets(4))
	for i := range 10 {
		_, _ = vec.GetMetricWithLabelValues(fmt.Sprint(i))
	}
	for range 2 {
		AssertBounded(t, registry, "x", 4)
	}
	vec.Reset()
	_, _ = vec.GetMetricWithLabelValues("next")
	gather(t, registry) // sees that the others are gone
	if got := shown(t, registry, "x"); len(got) != 1 || got[0] != "next" {
		t.Errorf("left are %q, want the one that is there", got)
	}
}

// What cannot be read is for the registry to read, as without a fence: on the goroutine
// of who gathers, which net/http saves from a panic.
func TestMetricsThatCannotBeRead(t *testing.T) {
	for name, write := range map[string]func(*dto.Metric) error{
		"error": func(*dto.Metric) error { return errors.New("sick") },
		"panic": func(*dto.Metric) error { panic("sick") },
	} {
		vec := newForeignVec(write)
		registry, r := fenced(vec)
		_, _ = vec.GetMetricWithLabelValues("1")
		r.sweep()
		func() {
			defer func() {
				if fault := recover(); (fault != nil) != (name == "panic") {
					t.Errorf("%s: Gather ended with %v", name, fault)
				}
			}()
			if _, err := registry.Gather(); err == nil {
				t.Errorf("%s: Gather says nothing", name)
			}
		}()
	}
}

// newPrefixed has a constraint that changes its own results: Delete applies it again, and
// deletes nothing.
func newPrefixed() *prometheus.CounterVec {
	return prometheus.V2.NewCounterVec(prometheus.CounterVecOpts{
		CounterOpts:    prometheus.CounterOpts{Name: "x"},
		VariableLabels: prometheus.ConstrainedLabels{{Name: "a", Constraint: func(v string) string { return "u" + v }}},
	})
}

// What the vec does not let go of is not added to the overflow again and again.
func TestNotDeletedNotAdded(t *testing.T) {
	vec := newPrefixed()
	registry, _ := fenced(vec, cardinality.MaxSets(2))
	for i := range 6 {
		vec.WithLabelValues(fmt.Sprint(i)).Inc()
	}
	for range 3 {
		if got := total(gather(t, registry)["x"]); got != 6 {
			t.Fatalf("%v of 6", got)
		}
	}
}

// Nor is it demoted: what comes later would be in no series.
func TestNotDeletedNotDemoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vec := newPrefixed()
		registry, r := fenced(vec, cardinality.MaxSets(1))
		kept := vec.WithLabelValues("first")
		kept.Inc()
		r.sweep()
		for range 600 {
			vec.WithLabelValues("often").Inc()
			r.sweep()
			time.Sleep(time.Second)
		}
		kept.Inc()
		if got := total(gather(t, registry)["x"]); got != 602 {
			t.Errorf("%v of 602", got)
		}
	})
}

// Who exports a list calls Reset and fills the vec again.
func TestResetAndFillAgain(t *testing.T) {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, []string{"a"})
	registry, _ := fenced(vec, cardinality.MaxSets(10))
	for round := range 3 {
		vec.Reset()
		for i := range 8 {
			vec.WithLabelValues(fmt.Sprint(4*round + i)).Set(1) // half of them were there before
		}
		if got := shown(t, registry, "x"); len(got) != 8 {
			t.Errorf("%d sets %q, want the 8 that are there", len(got), got)
		}
	}
}

// A vec that is unregistered leaves the group that the user chose too, and one that is
// refused never was in it. Until then the group alone tells of it.
func TestUnregisterLeavesTheGroup(t *testing.T) {
	group := cardinality.NewGroup(cardinality.GroupConfig{})
	v := newPaths("a")
	_, r := fenced(v, cardinality.In(group))
	v.WithLabelValues("1").Inc()
	r.sweep()
	if err := r.Register(newPaths("a")); err == nil {
		t.Error("registered twice")
	}
	if n, told := len(group.Guards()), len(group.Overview())+len(r.Overview()); n != 1 || told != 1 {
		t.Errorf("%d guards for one vec, told of %d times", n, told)
	}
	r.Unregister(v)
	if n := len(group.Guards()); n != 0 || group.Bytes() != 0 {
		t.Errorf("%d guards with %d bytes are left", n, group.Bytes())
	}
}

// Who unregisters at the registry and registers another vec of that name leaves no
// fence that goes on deleting.
func TestUnregisteredBeside(t *testing.T) {
	v := newPaths("a")
	registry, r := fenced(v, cardinality.MaxSets(2))
	for range 3 {
		for i := range 5 {
			v.WithLabelValues(fmt.Sprint(i)).Inc()
		}
		gather(t, registry)
		registry.Unregister(v)
		r.MustRegister(v)
	}
	if n, told := len(r.fences), len(r.Overview()); n != 1 || told != 1 {
		t.Errorf("%d fences for one vec, told of %d times", n, told)
	}
}
