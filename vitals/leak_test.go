package vitals

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/govitals/govitals/leakguard"
)

// A life with a report, a scrape and a page leaves nothing behind: no goroutine,
// no descriptor, no memory.
func TestALifeLeavesNothing(t *testing.T) {
	leakguard.Loop(t, 40, func() {
		v, err := Start(t.Context(), Config{StateFile: t.TempDir() + "/trends"})
		if err != nil {
			t.Fatal(err)
		}
		_ = v.Report()
		collect(v)
		v.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://127.0.0.1/debug/vitals", nil))
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
