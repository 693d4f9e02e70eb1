package main

import (
	"testing"

	"github.com/govitals/govitals/internal/promtest"
)

func TestRealPrometheusScrapesTheService(t *testing.T) {
	t.Parallel()
	s := start(t)
	server := promtest.Start(t, s.url)
	for _, expression := range []string{
		"up == 1",
		"govitals_heap_live_bytes > 0",
		"govitals_heap_young_bytes",
		"govitals_heap_committed_bytes > govitals_heap_live_bytes",
		"rate(govitals_heap_allocated_bytes_total[10s]) > 0",
		`govitals_signal_value{signal="goroutines"} > 1`,
		`govitals_finding_state{signal="heap"} == 1`,
	} {
		server.Eventually(expression)
	}
	if dropped := server.Query("govitals_export_dropped_total > 0"); len(dropped) > 0 {
		t.Errorf("samples were dropped: %v", dropped)
	}
}
