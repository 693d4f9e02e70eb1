package promguard

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
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
