package vitals

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/govitals/govitals/finding"
)

// serve starts a Vitals behind a real server, mounted as the documentation says.
func serve(t *testing.T, config Config) (*Vitals, string) {
	t.Helper()
	v := newVitals(t, config)
	mux := http.NewServeMux()
	mux.Handle("/debug/", v.Handler())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return v, server.URL
}

// get asks for a page with headers given as pairs.
func get(t *testing.T, url string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestReportComesInTheFormThatIsAskedFor(t *testing.T) {
	_, url := serve(t, Config{NoProbe: true}) // which a busy machine would wake
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	cases := []struct{ query, accept, contentType, begin string }{
		{"", "", "text/plain; charset=utf-8", "TOO EARLY"},
		{"", "*/*", "text/plain; charset=utf-8", "TOO EARLY"},
		{"", browser, "text/html; charset=utf-8", "<!DOCTYPE html>"},
		{"", "application/json", "application/json", "{"},
		{"?format=json", browser, "application/json", "{"},
		{"?format=text", browser, "text/plain; charset=utf-8", "TOO EARLY"},
		{"?format=html", "", "text/html; charset=utf-8", "<!DOCTYPE html>"},
	}
	for _, c := range cases {
		response, body := get(t, url+"/debug/vitals"+c.query, "Accept", c.accept)
		if response.StatusCode != 200 || response.Header.Get("Content-Type") != c.contentType || !strings.HasPrefix(body, c.begin) {
			t.Errorf("%q accepting %q: %s, %s, %.40q…", c.query, c.accept, response.Status, response.Header.Get("Content-Type"), body)
		}
	}
	if response, body := get(t, url+"/debug/vitals?format=xml"); response.StatusCode != 400 || !strings.Contains(body, "html, text, md or json") {
		t.Errorf("an unknown format gives %s: %s", response.Status, body)
	}
}

func TestJSONHasTheDocumentedForm(t *testing.T) {
	v, url := serve(t, Config{})
	v.Add(part{func() []finding.Finding {
		return []finding.Finding{{Signal: "jobs", State: finding.Stopped, Summary: "s", Culprits: []finding.Culprit{{Name: "refresh", Share: 1}}}}
	}})
	_, body := get(t, url+"/debug/vitals?format=json")
	var report struct {
		Schema, State, Summary string
		UptimeSeconds          *float64 `json:"uptime_seconds"`
		Findings               []map[string]any
	}
	if err := json.Unmarshal([]byte(body), &report); err != nil {
		t.Fatal(err)
	}
	if report.Schema != "govitals.report/v1" || report.State != "stopped" || report.UptimeSeconds == nil || len(report.Findings) < 3 {
		t.Fatalf("report is %s", body)
	}
	first := report.Findings[0]
	if first["signal"] != "jobs" || first["state"] != "stopped" || first["culprits"] == nil {
		t.Errorf("the worst finding is not first: %v", first)
	}
	for _, absent := range []string{"since", "per_hour", "cause", "advice"} {
		if value, there := first[absent]; there {
			t.Errorf("%s is not known and still there: %v", absent, value)
		}
	}
}

func TestPageEscapesWhatPartsSay(t *testing.T) {
	v, url := serve(t, Config{})
	v.Add(part{func() []finding.Finding {
		return []finding.Finding{{Signal: "x", State: finding.Leaking, Summary: "<script>alert(1)</script>", Advice: "<b>"}}
	}})
	_, body := get(t, url+"/debug/vitals?format=html")
	if strings.Contains(body, "<script>") || strings.Contains(body, "<b>") {
		t.Errorf("the page contains markup from a finding:\n%s", body)
	}
	if !strings.Contains(body, `class="verdict leak"`) {
		t.Errorf("the page does not show the state:\n%s", body)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	_, url := serve(t, Config{})
	for _, page := range []string{"/debug/vitals", "/debug/heap", "/debug/vitals.css", "/debug/vitals.js", "/debug/vitals.svg", "/debug/goroutines",
		"/debug/inflight", "/debug/cardinality", "/debug/stalls", "/debug/nothing", "/debug/"} {
		if response, body := get(t, url+page, "Host", "evil.test"); response.StatusCode != 403 || !strings.Contains(body, "evil.test") {
			t.Errorf("%s for a foreign host: %s %.60q, want 403 and the reason", page, response.Status, body)
		}
		if response, _ := get(t, url+page, "X-Forwarded-For", "203.0.113.9"); response.StatusCode != 403 {
			t.Errorf("%s through a proxy: %s, want 403", page, response.Status)
		}
	}
}

func TestTokenOpensEveryPage(t *testing.T) {
	const token = "0123456789abcdef"
	_, url := serve(t, Config{Token: token})
	for _, page := range []string{"/debug/vitals", "/debug/heap"} {
		if response, _ := get(t, url+page); response.StatusCode != 401 {
			t.Errorf("%s without token: %s, want 401", page, response.Status)
		}
		if response, _ := get(t, url+page, "Authorization", "Bearer "+token, "Host", "service.example"); response.StatusCode != 200 {
			t.Errorf("%s with token: %s, want 200", page, response.Status)
		}
	}
}

func TestUnknownPageNamesThePagesThereAre(t *testing.T) {
	_, url := serve(t, Config{})
	if response, body := get(t, url+"/debug/pprof/heap2"); response.StatusCode != 404 || !strings.Contains(body, "/debug/vitals") {
		t.Errorf("%s: %s", response.Status, body)
	}
}

func TestPprofReadsEveryFormOverHTTP(t *testing.T) {
	const token = "0123456789abcdef"
	_, url := serve(t, Config{Token: token})
	withToken := strings.Replace(url, "http://", "http://x:"+token+"@", 1)
	for _, query := range []string{"", "?gc=1", "?since=baseline", "?seconds=1", "?seconds=1&gc=1"} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			command := exec.Command("go", "tool", "pprof", "-top", withToken+"/debug/heap"+query)
			command.Env = append(command.Environ(), "PPROF_TMPDIR="+t.TempDir())
			out, err := command.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "Type: inuse_space") {
				t.Errorf("go tool pprof: %v\n%s", err, out)
			}
		})
	}
}

func TestRequestsDuringClose(t *testing.T) {
	v, url := serve(t, Config{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 4 {
				if response, _ := get(t, url+"/debug/vitals?format=json"); response.StatusCode != 200 && response.StatusCode != 429 {
					t.Errorf("during Close: %s", response.Status)
				}
				collect(v)
			}
		})
	}
	group.Go(func() { _ = v.Close() })
	group.Wait()
}
