package heap_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/leakguard"
)

// A monitor that ran, and a profile that was served, leave nothing behind.
func TestMonitorAndHandlerLeaveNothing(t *testing.T) {
	leakguard.Loop(t, 40, func() {
		monitor, err := heap.NewMonitor(heap.MonitorConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if err := monitor.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		handler := heap.Handler(heap.HandlerConfig{Monitor: monitor})
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://127.0.0.1/debug/heap", nil))
		if err := monitor.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
