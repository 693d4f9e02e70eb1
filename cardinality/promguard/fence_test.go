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

// sick is a metric that says what is wrong with it when it is read.
type sick struct {
	prometheus.Metric
	write func() error
}

func (s *sick) Write(*dto.Metric) error { return s.write() }

// What cannot be read is for the registry to read, as without a fence: on the goroutine
// of who gathers, which net/http saves from a panic.
func TestRegistererSickMetric(t *testing.T) {
	for name, write := range map[string]func() error{
		"error": func() error { return errors.New("sick") },
		"panic": func() error { panic("sick") },
	} {
		registry := prometheus.NewRegistry()
		r := NewRegisterer(registry)
		desc := prometheus.NewDesc("x", "h", []string{"a"}, nil)
		vec := prometheus.NewMetricVec(desc, func(...string) prometheus.Metric {
			return &sick{prometheus.NewCounter(prometheus.CounterOpts{Name: "x"}), write}
		})
		r.MustRegister(vec)
		if _, err := vec.GetMetricWithLabelValues("1"); err != nil {
			t.Fatal(err)
		}
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

// A set is not demoted whose metric the vec would keep, as a constraint changed its own
// results: what comes later would be in no series.
func TestNotDeletedNotDemoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vec := prometheus.V2.NewCounterVec(prometheus.CounterVecOpts{
			CounterOpts:    prometheus.CounterOpts{Name: "x"},
			VariableLabels: prometheus.ConstrainedLabels{{Name: "a", Constraint: func(v string) string { return "u" + v }}},
		})
		registry := prometheus.NewRegistry()
		r := NewRegisterer(registry, cardinality.MaxSets(1))
		r.MustRegister(vec)
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

// A vec that is unregistered leaves the group that the user chose too.
func TestUnregisterLeavesTheGroup(t *testing.T) {
	group := cardinality.NewGroup(cardinality.GroupConfig{})
	r := NewRegisterer(prometheus.NewRegistry(), cardinality.In(group))
	v := newPaths("a")
	r.MustRegister(v)
	v.WithLabelValues("1").Inc()
	r.sweep()
	if err := r.Register(newPaths("a")); err == nil {
		t.Error("registered twice")
	}
	if n := len(group.Guards()); n != 1 {
		t.Errorf("%d guards for one vec", n)
	}
	r.Unregister(v)
	if n := len(group.Guards()); n != 0 || group.Bytes() != 0 {
		t.Errorf("%d guards with %d bytes are left", n, group.Bytes())
	}
}

// Who unregisters at the registry and registers another vec of that name leaves no
// fence that goes on deleting.
func TestUnregisteredBeside(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := NewRegisterer(registry, cardinality.MaxSets(2))
	v := newPaths("a")
	for range 3 {
		r.MustRegister(v)
		for i := range 5 {
			v.WithLabelValues(fmt.Sprint(i)).Inc()
		}
		gather(t, registry)
		registry.Unregister(v)
	}
	r.MustRegister(v)
	if n, reported := len(r.fences), len(r.Overview()); n != 1 || reported != 1 {
		t.Errorf("%d fences for one vec, %d are reported", n, reported)
	}
}
