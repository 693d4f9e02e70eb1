package promguard

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

// Reset leaves nothing behind, also where the vec inside was reset before.
func TestWrapReset(t *testing.T) {
	raw := newPaths("a")
	v := WrapCounterVec(raw)
	v.With1("1").Inc()
	v.With1("2").Inc()
	raw.Reset()
	v.Reset()
	if n := sets(raw); n != 1 { // that of the overflow
		t.Errorf("%d sets are left", n)
	}
}

// A vec without labels has one set, which is in use again after Reset.
func TestWrapResetNoLabels(t *testing.T) {
	registry := prometheus.NewRegistry()
	raw := newPaths()
	raw.WithLabelValues().Add(5)
	v := WrapCounterVec(raw)
	registry.MustRegister(v)
	v.WithLabelValues().Inc()
	if got := total(gather(t, registry)["x"]); got != 6 {
		t.Errorf("%v of 6", got)
	}
	v.Reset()
	v.WithLabelValues().Inc()
	if got := total(gather(t, registry)["x"]); got != 1 {
		t.Errorf("%v of 1 after Reset", got)
	}
}

func TestDeleteReachesSetsFromBeforeTheWrap(t *testing.T) {
	vec, registry := newPaths("a"), prometheus.NewRegistry()
	registry.MustRegister(vec)
	for _, value := range []string{"one", "two", "three"} {
		vec.WithLabelValues(value).Inc()
	}
	guarded := WrapCounterVec(vec, cardinality.MaxSets(2))
	guarded.WithLabelValues("two").Inc()
	if !guarded.DeleteLabelValues("one") || guarded.DeleteLabelValues("one") {
		t.Error("one was there, once")
	}
	if n := guarded.DeletePartialMatch(prometheus.Labels{"a": "two"}); n != 1 {
		t.Errorf("%d sets deleted, want that of two", n)
	}
	if got := shown(t, registry, "x"); len(got) != 2 || got[1] != "three" {
		t.Errorf("left are %q, want the overflow and three", got)
	}
	guarded.Reset()
	guarded.WithLabelValues("two").Inc()
	if got := shown(t, registry, "x"); len(got) != 2 || got[1] != "two" {
		t.Errorf("left are %q, want the overflow and two", got)
	}
}
