package heap

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/govitals/govitals/metric"
)

func get(t *testing.T, h http.Handler, query, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/debug/heap"+query, nil)
	r.RemoteAddr = "127.0.0.1:1234"
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// retain is looked for by name in the profile.
//
//go:noinline
func retain(n int) [][]byte {
	kept := make([][]byte, n)
	for i := range kept {
		kept[i] = make([]byte, 1<<20)
	}
	return kept
}

func TestProgramsGetAProfileThatPprofReads(t *testing.T) {
	kept := retain(64)
	runtime.GC()
	runtime.GC()
	w := get(t, Handler(HandlerConfig{}), "", "")
	file := filepath.Join(t.TempDir(), "heap.pb.gz")
	if err := os.WriteFile(file, w.Body.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "pprof", "-top", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "heap.retain") {
		t.Errorf("go tool pprof does not show what is kept: %v\n%s", err, out)
	}
	runtime.KeepAlive(kept)
	if encoding := w.Header().Get("Content-Encoding"); encoding != "" {
		t.Errorf("Content-Encoding is %q; the profile is compressed by itself", encoding)
	}
	if hint := w.Header().Get("X-Govitals-Report"); hint != "?format=text" {
		t.Errorf("the header that points to the report is %q", hint)
	}
}

func TestPeopleGetTheReport(t *testing.T) {
	runtime.GC()
	h := Handler(HandlerConfig{})
	for _, w := range []*httptest.ResponseRecorder{get(t, h, "", "text/html,*/*"), get(t, h, "?format=text", "")} {
		for _, word := range []string{"live", "young", "committed", "collections"} {
			if !strings.Contains(w.Body.String(), word) {
				t.Errorf("the report does not say %q:\n%s", word, w.Body)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	runtime.GC()
	var got Snapshot
	if err := json.Unmarshal(get(t, Handler(HandlerConfig{}), "?format=json", "").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Cycles == 0 || got.Live == 0 {
		t.Errorf("snapshot is %+v", got)
	}
}

func TestReportShowsWhatTheMonitorKnows(t *testing.T) {
	m := &Monitor{now: Snapshot{Limits: []Limit{{Bytes: 512 << 20, Source: SourceCgroup, File: "/x/memory.max"}}}}
	Read(&m.now.Stats)
	got := get(t, Handler(HandlerConfig{Monitor: m}), "?format=text", "").Body.String()
	if !strings.Contains(got, "512 MiB   by cgroup /x/memory.max") {
		t.Errorf("the report does not show the limit:\n%s", got)
	}
}

func TestBadRequests(t *testing.T) {
	if w := get(t, Handler(HandlerConfig{}), "?format=hprof", ""); w.Code != 400 || !strings.Contains(w.Body.String(), "pprof, text or json") {
		t.Errorf("an unknown format gives %d: %s", w.Code, w.Body)
	}
	r := httptest.NewRequest(http.MethodGet, "http://evil.test/debug/heap", nil)
	w := httptest.NewRecorder()
	if Handler(HandlerConfig{}).ServeHTTP(w, r); w.Code != 404 {
		t.Errorf("a stranger gets %d", w.Code)
	}
}

func TestProfilingOffIsSaid(t *testing.T) {
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 0
	if w := get(t, Handler(HandlerConfig{}), "", ""); w.Code != 500 || !strings.Contains(w.Body.String(), "MemProfileRate is 0") {
		t.Errorf("with profiling off: %d %s", w.Code, w.Body)
	}
}

func TestInvalidConfigPanicsAtStartUp(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "HandlerConfig") || !strings.Contains(err.Error(), "Token") {
			t.Errorf("it panics with %v, want an error that names the field", err)
		}
	}()
	Handler(HandlerConfig{Token: "short"})
}

func TestHandlerCountsRequests(t *testing.T) {
	h := Handler(HandlerConfig{})
	get(t, h, "?format=text", "")
	if got := values(h.(metric.Source))["debug.requests heap served"]; got != 1 {
		t.Errorf("%v requests counted, want 1", got)
	}
}

func ExampleHandler() {
	mux := http.NewServeMux()
	mux.Handle("/debug/heap", Handler(HandlerConfig{}))
	server := httptest.NewServer(mux)
	defer server.Close()

	response, err := http.Get(server.URL + "/debug/heap?format=text")
	if err != nil {
		return
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // a table: live, young, limits, …
}
