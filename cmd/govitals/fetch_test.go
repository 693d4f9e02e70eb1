package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/govitals/govitals/internal/compare"
)

// serve answers every request in one way.
func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

const wellReport = `{"schema":"govitals.report/v1","at":"2026-03-01T12:00:00Z","uptime_seconds":90,"state":"ok","summary":"HEALTHY. All is well.","findings":[]}`

func TestFaultsAreClear(t *testing.T) {
	status := func(code int, body string, headers ...string) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		})
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	endless := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		piece := []byte("{" + strings.Repeat(" ", 1<<16))
		for {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	for name, test := range map[string]struct{ place, words string }{
		"401":             {status(401, "who are you"), "set GOVITALS_TOKEN"},
		"403":             {status(403, "Host is not this machine\nand more"), "refuses (403): Host is not this machine"},
		"404":             {status(404, ""), "/debug/vitals"},
		"429":             {status(429, "", "Retry-After", "7"), "try again in 7 s"},
		"429 of a proxy":  {status(429, ""), "try again later"},
		"503":             {status(503, "draining\x1b[2J"), `503: draining\x1b[2J`},
		"a redirect":      {status(302, "", "Location", "https://login.example/"), "a login page"},
		"a login page":    {status(200, "<html><title>Sign in</title>"), "login page"},
		"metrics":         {status(200, "go_goroutines 7\n"), "not a report of govitals"},
		"cut JSON":        {status(200, wellReport[:60]), "not a report"},
		"another schema":  {status(200, `{"schema":"govitals.report/v9"}`), "of the same release"},
		"endless":         {endless, "longer than 16 MiB"},
		"nobody listens":  {closed.URL, "cannot be reached"},
		"no host":         {"http:///x", "names no host"},
		"a bad URL":       {"http://x:y:z/secret%zz", "not a URL"},
		"a password":      {"http://me:geheim@127.0.0.1:1/", "GOVITALS_TOKEN"},
		"a loud password": {"HTTPS://me:geheim@127.0.0.1:1/", "GOVITALS_TOKEN"},
		"no file":         {"/does/not/exist", "no such file"},
		"a file of steps": {"/does/\x1b[31mnot", `\x1b[31m`},
	} {
		for _, args := range [][]string{{"report", test.place}, {"compare", test.place, test.place}} {
			code, out, fault := call(nil, args...)
			if code != 2 || !strings.Contains(fault, test.words) || out != "" {
				t.Errorf("%s of %s: exit %d, want 2 and %q\n%s%s", args[0], name, code, test.words, out, fault)
			}
			if strings.ContainsRune(fault, '\x1b') || strings.Contains(fault, "geheim") {
				t.Errorf("%s of %s shows what it must not: %q", args[0], name, fault)
			}
		}
	}
}

func TestTokenTravelsInTheHeaderAlone(t *testing.T) {
	const token = "0123456789abcdef"
	var seen []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization")+" "+r.URL.String())
		fmt.Fprint(w, wellReport)
	})
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, fault := call(nil, "report", "--token-file", file, url); code != 0 {
		t.Errorf("with a file: %d %s", code, fault)
	}
	t.Setenv(process.variable, token)
	if code, _, fault := call(nil, "report", url+"/internal/debug/vitals?x=1"); code != 0 {
		t.Errorf("with the environment: %d %s", code, fault)
	}
	want := []string{"Bearer " + token + " /debug/vitals?format=json", "Bearer " + token + " /internal/debug/vitals?format=json&x=1"}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("asked %q, want %q", seen, want)
	}
	t.Setenv(process.variable, "two words")
	if code, _, fault := call(nil, "report", url); code != 2 || !strings.Contains(fault, "blanks") || strings.Contains(fault, "two words") {
		t.Errorf("a token with a blank: %d %s", code, fault)
	}
}

// What a report says may come from a stranger: in a terminal it must not steer.
func TestReportShowsHostileTextsHarmless(t *testing.T) {
	hostile := "\x1b]0;owned\x07\x1b[2Jcache.Put\u202e"
	report := map[string]any{
		"schema": "govitals.report/v1", "state": "leak", "summary": "LEAK LIKELY. " + hostile,
		"findings": []any{map[string]any{
			"signal": "heap", "state": "leak", "summary": hostile, "advice": hostile,
			"culprits": []any{map[string]any{"name": hostile, "file": hostile, "share": 0.7}},
		}},
		"figures": map[string]any{"labels": []any{map[string]any{"name": hostile, "count": 500}}, "series": 600},
	}
	content, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	code, out, fault := call(content, "report", "-")
	if code != 1 || !strings.HasPrefix(out, "LEAK LIKELY.") || !strings.Contains(out, `\x1b]0;owned`) {
		t.Errorf("%d\n%s%s", code, out, fault)
	}
	stable := strings.ReplaceAll(wellReport, `"findings"`, `"figures":{"series":100},"findings"`)
	file := filepath.Join(t.TempDir(), "stable.json")
	if err := os.WriteFile(file, []byte(stable), 0o600); err != nil {
		t.Fatal(err)
	}
	_, compared, _ := call(content, "compare", "-", file)
	if !strings.Contains(compared, `\x1b]0;owned`) {
		t.Errorf("the label is not shown:\n%s", compared)
	}
	for _, shown := range []string{out, compared} {
		if strings.ContainsAny(shown, "\x1b\x07\u202e") {
			t.Errorf("an escape sequence gets through: %q", shown)
		}
	}
}

func TestColoursAreForTerminals(t *testing.T) {
	if painting(&strings.Builder{}) {
		t.Error("a buffer is taken for a terminal")
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if painting(file) {
		t.Error("a file is taken for a terminal")
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminal can be had: %v", err)
	}
	defer terminal.Close()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	if !painting(terminal) {
		t.Error("a terminal gets no colours")
	}
	t.Setenv("NO_COLOR", "1")
	if painting(terminal) {
		t.Error("NO_COLOR is not heeded")
	}
	for verdict, opening := range map[string]string{
		"LEAK LIKELY. Live memory grows.": "LEAK LIKELY.", "JOB STOPPED: report is overdue. Mend it.": "JOB STOPPED:", "": "",
	} {
		want := strings.Replace(verdict, opening, red+opening+plain, min(len(opening), 1))
		if got := paint(true).opening(red, verdict); got != want {
			t.Errorf("%q is painted as %q", verdict, got)
		}
	}
}

// Whatever a server answers, there is an error in words or a report, and nothing that
// steers a terminal.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(wellReport))
	f.Add([]byte(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"2"]}]}}`))
	f.Add([]byte(`{"status":"error","error":"parse error\u001b"}`))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, out, fault := call(body, "report", "-")
		if strings.ContainsAny(out+fault, "\x1b\x07") {
			t.Errorf("%q", out+fault)
		}
		rows, err := parseAnswer(body)
		if err != nil && strings.ContainsAny(err.Error(), "\x1b\x07") {
			t.Errorf("%q", err)
		}
		for _, r := range rows {
			if _, ok := single([]row{r}); ok && len(r.values) == 0 {
				t.Error("a value out of nothing")
			}
		}
		_, _ = compare.Decode(body)
	})
}

// What cannot be read is not known to be well, and a state that a newer release has added
// may be a bad one.
func TestExitCodeOfStates(t *testing.T) {
	for state, want := range map[string]int{
		`"ok"`: 0, `"too_early"`: 0, `"growing"`: 1, `"leak"`: 1, `"unknown"`: 2, `"deadlocked"`: 2, `""`: 2, "null": 2,
	} {
		content := strings.ReplaceAll(wellReport, `"state":"ok"`, `"state":`+state)
		code, out, fault := call([]byte(content), "report", "-")
		isStrange := want == 2 && state != `"unknown"`
		if code != want || !strings.HasPrefix(out, "HEALTHY.") || isStrange != strings.Contains(fault, "of the same release") {
			t.Errorf("%s ends with %d, want %d: %s%s", state, code, want, out, fault)
		}
	}
}
