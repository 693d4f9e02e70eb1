package promguard_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/cardinality/promguard"
)

// info is the metric of client_golang's example for MetricVec: a value with a slice,
// which is no key of a map.
type info struct {
	desc  *prometheus.Desc
	pairs []*dto.LabelPair
}

func (i info) Desc() *prometheus.Desc { return i.desc }

func (i info) Write(out *dto.Metric) error {
	one := 1.0
	out.Label, out.Gauge = i.pairs, &dto.Gauge{Value: &one}
	return nil
}

func newInfoVec() *prometheus.MetricVec {
	desc := prometheus.NewDesc("build_info", "Help.", []string{"version"}, nil)
	return prometheus.NewMetricVec(desc, func(values ...string) prometheus.Metric {
		return info{desc, prometheus.MakeLabelPairs(desc, values)}
	})
}

func TestMetricsThatAreNoKeys(t *testing.T) {
	registry, vec := prometheus.NewRegistry(), newInfoVec()
	if err := promguard.NewRegisterer(registry, cardinality.MaxSets(4)).Register(vec); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if _, err := vec.GetMetricWithLabelValues(strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		promguard.AssertBounded(t, registry, "build_info", 4)
	}
	vec.Reset()
	if _, err := vec.GetMetricWithLabelValues("next"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first one sees that the others are gone
		if _, err := registry.Gather(); err != nil {
			t.Fatal(err)
		}
	}
	if got := labelValues(t, registry, "build_info"); len(got) != 1 || got[0] != "next" {
		t.Errorf("versions %q, want the one that is left", got)
	}
}

func labelValues(t *testing.T, g prometheus.Gatherer, metric string) (values []string) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != metric {
			continue
		}
		for _, m := range f.GetMetric() {
			values = append(values, m.GetLabel()[0].GetValue())
		}
	}
	return values
}

// A registry looks inside the collectors of WrapRegistererWith. Libraries turn what
// they find in the error into their own type.
func TestAlreadyRegisteredBehindAPrefix(t *testing.T) {
	newVec := func() *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "a_total"}, []string{"l"})
	}
	to := prometheus.WrapRegistererWithPrefix("lib_", promguard.NewRegisterer(prometheus.NewRegistry()))
	first := newVec()
	to.MustRegister(first)
	var already prometheus.AlreadyRegisteredError
	if err := to.Register(newVec()); !errors.As(err, &already) || already.ExistingCollector != prometheus.Collector(first) {
		t.Errorf("the error has %T, want the vec that was registered first", already.ExistingCollector)
	}
}

// Delete of a vec gives the constraints what they returned before.
func TestConstraintThatChangesItsResults(t *testing.T) {
	vec := prometheus.V2.NewCounterVec(prometheus.CounterVecOpts{
		CounterOpts:    prometheus.CounterOpts{Name: "a_total"},
		VariableLabels: prometheus.ConstrainedLabels{{Name: "user", Constraint: func(v string) string { return "u" + v }}},
	})
	registry := prometheus.NewRegistry()
	if err := promguard.NewRegisterer(registry, cardinality.MaxSets(2)).Register(vec); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		vec.WithLabelValues(strconv.Itoa(i)).Inc()
	}
	for range 3 {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, m := range families[0].GetMetric() {
			sum += m.GetCounter().GetValue()
		}
		if sum != 6 {
			t.Fatalf("the sum over all sets is %v after 6 calls of Inc", sum)
		}
	}
}

func TestDeleteReachesSetsFromBeforeTheWrap(t *testing.T) {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "a_total"}, []string{"l"})
	registry := prometheus.NewRegistry()
	registry.MustRegister(vec)
	for _, value := range []string{"one", "two", "three"} {
		vec.WithLabelValues(value).Inc()
	}
	guarded := promguard.WrapCounterVec(vec, cardinality.MaxSets(2))
	guarded.WithLabelValues("two").Inc()
	if !guarded.DeleteLabelValues("one") || guarded.DeleteLabelValues("one") {
		t.Error("one was there, once")
	}
	if n := guarded.DeletePartialMatch(prometheus.Labels{"l": "two"}); n != 1 {
		t.Errorf("%d sets deleted, want that of two", n)
	}
	if got := labelValues(t, registry, "a_total"); len(got) != 2 || got[1] != "three" {
		t.Errorf("left are %q, want the overflow and three", got)
	}
	guarded.Reset()
	guarded.WithLabelValues("two").Inc()
	if got := labelValues(t, registry, "a_total"); len(got) != 2 || got[1] != "two" {
		t.Errorf("left are %q, want the overflow and two", got)
	}
}

// Who exports a list calls Reset and fills the vec again.
func TestResetAndFillAgain(t *testing.T) {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "a"}, []string{"l"})
	registry := prometheus.NewRegistry()
	if err := promguard.NewRegisterer(registry, cardinality.MaxSets(10)).Register(vec); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		vec.Reset()
		for i := range 8 {
			vec.WithLabelValues(strconv.Itoa(4*round + i)).Set(1) // half of them were there before
		}
		if got := labelValues(t, registry, "a"); len(got) != 8 {
			t.Errorf("%d sets %q, want the 8 that are there", len(got), got)
		}
	}
}
