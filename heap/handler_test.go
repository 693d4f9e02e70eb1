package heap

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

// get asks as a program of this machine does.
func get(t *testing.T, h http.Handler, query string) *httptest.ResponseRecorder {
	t.Helper()
	return answer(h, local(http.MethodGet, query))
}

// local is a request of this machine.
func local(method, query string) *http.Request {
	r := httptest.NewRequest(method, "http://localhost/debug/heap"+query, nil)
	r.RemoteAddr = "127.0.0.1:1234"
	return r
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
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
	collect()
	w := get(t, Handler(HandlerConfig{}), "")
	if top := openProfile(t, w.Body.Bytes()); !strings.Contains(top, "heap.retain") {
		t.Errorf("go tool pprof does not show what is kept:\n%s", top)
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
	for query, words := range map[string][]string{
		"":             {"<!DOCTYPE html>", "Memory by owner", "Who grew"},
		"?format=text": {"memory by owner", "live", "who grew", "go tool pprof"},
		"?format=md":   {"| live |", "Who grew"},
	} {
		r := local(http.MethodGet, query)
		r.Header.Set("Accept", "text/html,*/*")
		w := answer(h, r)
		for _, word := range words {
			if !strings.Contains(w.Body.String(), word) {
				t.Errorf("%q does not say %q:\n%s", query, word, w.Body)
			}
		}
	}
}

func TestPageKeepsToItsContentSecurityPolicy(t *testing.T) {
	m := newMonitor(t)
	for range 3 {
		m.step(t.Context())
	}
	h := Handler(HandlerConfig{Monitor: m})
	body := get(t, h, "?format=html").Body.String()
	for _, forbidden := range []string{"<script", "style=", "onclick", "http://", "https://"} {
		if strings.Contains(strings.ReplaceAll(body, "http://www.w3.org/2000/svg", ""), forbidden) {
			t.Errorf("the page contains %s:\n%s", forbidden, body)
		}
	}
	if style := get(t, h, "?format=css"); style.Header().Get("Content-Type") != "text/css; charset=utf-8" || style.Body.Len() == 0 {
		t.Errorf("the style sheet is %d bytes of %s", style.Body.Len(), style.Header().Get("Content-Type"))
	}
}

func TestJSON(t *testing.T) {
	runtime.GC()
	var got struct {
		Schema string
		Cycles uint64
		Live   uint64
		Owners []struct{ Name string }
	}
	if err := json.Unmarshal(get(t, Handler(HandlerConfig{}), "?format=json").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != "govitals.heap/v1" || got.Cycles == 0 || got.Live == 0 || len(got.Owners) == 0 {
		t.Errorf("report is %+v", got)
	}
}

func TestReportShowsWhatTheMonitorKnows(t *testing.T) {
	m := &Monitor{now: Snapshot{Limits: []Limit{{Bytes: 512 << 20, Source: SourceCgroup, File: "/x/memory.max"}}}}
	Read(&m.now.Stats)
	got := get(t, Handler(HandlerConfig{Monitor: m}), "?format=text").Body.String()
	if !strings.Contains(got, "512 MiB   by cgroup /x/memory.max") {
		t.Errorf("the report does not show the limit:\n%s", got)
	}
}

func TestVerdictHeadsTheReport(t *testing.T) {
	findings := sourceOf{
		{Signal: "jobs", State: finding.Stopped, Summary: "Not about memory."},
		{Signal: "heap", State: finding.Leaking, Summary: "Live memory grows 18 MiB/day."},
	}
	got := get(t, Handler(HandlerConfig{Findings: findings}), "?format=text").Body.String()
	if !strings.HasPrefix(got, "LEAK. Live memory grows 18 MiB/day.") || strings.Contains(got, "Not about memory") {
		t.Errorf("the report begins otherwise:\n%.200s", got)
	}
}

// sourceOf is a finding.Source that always says the same.
type sourceOf []finding.Finding

func (s sourceOf) Findings() []finding.Finding { return s }

func TestUnchangedCycleIsAnsweredWith304(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collect only when told to
	synctest.Test(t, func(t *testing.T) {
		h := Handler(HandlerConfig{})
		get(t, h, "")
		time.Sleep(2 * settled)
		tag := get(t, h, "").Header().Get("ETag")
		if tag == "" {
			t.Fatal("a settled cycle has no ETag")
		}
		r := local(http.MethodGet, "")
		r.Header.Set("If-None-Match", tag)
		if w := answer(h, r); w.Code != http.StatusNotModified {
			t.Errorf("the same cycle gives %d, want 304", w.Code)
		}
		if other := get(t, h, "?format=folded").Header().Get("ETag"); other == tag || other == "" {
			t.Errorf("another form of the page has the ETag %q, this one %q", other, tag)
		}
		if moving := get(t, h, "?since=1s").Header().Get("ETag"); moving != "" {
			t.Errorf("what moves with the clock has the ETag %q", moving)
		}
		runtime.GC()
		time.Sleep(1500 * time.Millisecond) // bytes are reused for a second
		if w := answer(h, r); w.Code != http.StatusOK {
			t.Errorf("another cycle gives %d, want 200", w.Code)
		}
	})
}

func TestForcedCollection(t *testing.T) {
	const token = "0123456789abcdef"
	cases := []struct {
		name, method, token string
		status              int
	}{
		{"a link", http.MethodGet, "", http.StatusForbidden},
		{"a form", http.MethodPost, "", http.StatusOK},
		{"go tool pprof with the token", http.MethodGet, token, http.StatusOK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := Handler(HandlerConfig{Token: c.token})
			r := local(c.method, "?gc=1&format=text")
			r.Header.Set("Authorization", "Bearer "+c.token)
			var before, after Stats
			Read(&before)
			w := answer(h, r)
			Read(&after)
			if w.Code != c.status {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
			if collected := after.ForcedCycles > before.ForcedCycles; collected != (c.status == http.StatusOK) {
				t.Errorf("forced collections %d to %d", before.ForcedCycles, after.ForcedCycles)
			}
		})
	}
}

// captured returns a Recorder with a capture of this process.
func captured(t *testing.T) *Recorder {
	t.Helper()
	monitor := newMonitor(t)
	monitor.step(t.Context())
	recorder, err := NewRecorder(RecorderConfig{Dir: t.TempDir(), Monitor: monitor})
	if err != nil {
		t.Fatal(err)
	}
	if err := recorder.Capture("verdict"); err != nil {
		t.Fatal(err)
	}
	return recorder
}

func TestCapturesCanBeFetched(t *testing.T) {
	recorder := captured(t)
	h := Handler(HandlerConfig{Recorder: recorder})
	capture := recorder.Captures()[0]
	if report := get(t, h, "?format=text").Body.String(); !strings.Contains(report, "?capture="+capture.ID) {
		t.Errorf("the report does not list the capture %s:\n%s", capture.ID, report)
	}
	if top := openProfile(t, get(t, h, "?capture="+capture.ID).Body.Bytes()); !strings.Contains(top, "inuse_space") {
		t.Errorf("the profile does not open:\n%s", top)
	}
	if w := get(t, h, "?capture="+capture.Sidecar); !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("the figures are %s: %.100s", w.Header().Get("Content-Type"), w.Body)
	}
	for _, unknown := range []string{"nothing", "../../etc/passwd", capture.ID + "x"} {
		if w := get(t, h, "?capture="+url.QueryEscape(unknown)); w.Code != 404 {
			t.Errorf("capture %q gives %d: %.100s", unknown, w.Code, w.Body)
		}
	}
	if w := get(t, Handler(HandlerConfig{}), "?capture=x"); w.Code != 404 || !strings.Contains(w.Body.String(), "Recorder") {
		t.Errorf("without a recorder: %d %s", w.Code, w.Body)
	}
}

func TestSizesForKubernetes(t *testing.T) {
	sizer, err := NewSizer(SizerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	w := get(t, Handler(HandlerConfig{Sizer: sizer}), "?format=yaml")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/yaml" || !strings.HasPrefix(w.Body.String(), "#") {
		t.Errorf("%d %s:\n%s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
}

func TestBadRequestsNameTheParameter(t *testing.T) {
	h := Handler(HandlerConfig{})
	for query, words := range map[string][]string{
		"?format=hprof":                    {"format", "hprof", "pprof, text"},
		"?seconds=0":                       {"seconds", "1 to 30"},
		"?seconds=31":                      {"seconds", "31", "1 to 30"},
		"?seconds=1e3":                     {"seconds", "1e3"},
		"?seconds=99999999999999999999999": {"seconds"},
		"?gc=perhaps":                      {"gc", "perhaps"},
		"?since=yesterday":                 {"since", "yesterday", "baseline"},
		"?since=-10m":                      {"since", "-10m"},
		// A duration and a time may be of any length, and a page is kept by its query.
		"?since=" + strings.Repeat("0", 300) + "1s":                    {"since", "200"},
		"?since=2026-01-01T00:00:00." + strings.Repeat("0", 300) + "Z": {"since", "200"},
		"?format=pprof&capture=" + strings.Repeat("a", 300):            {"capture", "200"},
		"?since=baseline&seconds=5":                                    {"seconds", "since"},
		"?since=baseline&format=text":                                  {"text", "pprof, svg or folded"},
	} {
		w := get(t, h, query)
		if w.Code != http.StatusBadRequest || w.Header().Get("X-Go-Pprof") == "" {
			t.Errorf("%s gives %d, want 400 with X-Go-Pprof", query, w.Code)
		}
		for _, word := range words {
			if !strings.Contains(w.Body.String(), word) {
				t.Errorf("%s: %q does not say %q", query, w.Body, word)
			}
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://evil.test/debug/heap", nil)
	if w := answer(h, r); w.Code != 404 {
		t.Errorf("a stranger gets %d", w.Code)
	}
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "format=svg&since=10m", "seconds=5&gc=1", "since=2026-01-01T00:00:00Z", "since=c12&format=folded", "since=c-1", "format=%00&seconds=-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		now := time.Unix(1_800_000_000, 0)
		q, err := parseQuery(&http.Request{URL: &url.URL{RawQuery: raw}}, now)
		if err != nil {
			return
		}
		if q.seconds < 0 || q.seconds > maxSeconds || contentTypes[q.format] == "" && q.format != "css" || !q.from.isBaseline() && q.since == "" {
			t.Errorf("%q is understood as %+v", raw, q)
		}
	})
}

func TestProfilingOffIsSaid(t *testing.T) {
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 0
	if w := get(t, Handler(HandlerConfig{}), ""); w.Code != 500 || !strings.Contains(w.Body.String(), "MemProfileRate is 0") {
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
	get(t, h, "?format=text")
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
