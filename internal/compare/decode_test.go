package compare

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestDecodeSaysWhatItIsInstead(t *testing.T) {
	for text, words := range map[string]string{
		"":                                      "empty",
		"  \n":                                  "empty",
		"<!DOCTYPE html><title>Sign in</title>": "login page",
		"go_goroutines 12":                      "not a report of govitals",
		`{"a":`:                                 "not a report of govitals",
		`{"a":1}`:                               "without a schema",
		`{"schema":"govitals.compare/v1"}`:      "want \"govitals.report/v1\"",
		`{"schema":"govitals.report/v2"}`:       "the same release",
		`{"schema":"govitals.report/v1","figures":"none"}`: "not a report of govitals",
		"[1]":                                "not a report of govitals in JSON",
		"{" + strings.Repeat(" ", MaxReport): "longer than 16 MiB",
	} {
		if _, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%.60q: %v, want %q", text, err, words)
		}
	}
}

func TestDecodeReadsAnOlderReportAndOneWithMore(t *testing.T) {
	old, err := Decode([]byte(`{"schema":"govitals.report/v1","at":"2026-01-01T00:00:00Z","uptime_seconds":60,"state":"ok","summary":"HEALTHY.","findings":[]}`))
	if err != nil || old.HasFigures || old.Uptime != 60 || old.State != "ok" {
		t.Errorf("%+v, %v", old, err)
	}
	more, err := Decode([]byte(`{"schema":"govitals.report/v1","colour":7,"figures":{"uptime_seconds":70,"requests":{"total":3},"history":[{"uptime_seconds":5,"taste":"sour"}]}}`))
	if err != nil || !more.HasFigures || !more.HasRequests || len(more.Points) != 1 || more.Uptime != 70 {
		t.Errorf("%+v, %v", more, err)
	}
}

// What a report says that cannot be is left out, so that it decides nothing.
func TestDecodeLeavesOutWhatCannotBe(t *testing.T) {
	s, err := Decode([]byte(`{"schema":"govitals.report/v1","figures":{"uptime_seconds":-3,"series":1e300,"history":[
		{"uptime_seconds":20,"cpu_seconds":2},{"uptime_seconds":10,"cpu_seconds":1},{"uptime_seconds":30,"cpu_seconds":1.5},
		{"uptime_seconds":20,"cpu_seconds":9},{"uptime_seconds":40,"cpu_seconds":3,"live_bytes":-5}]}}`))
	if err != nil || s.Uptime != 0 || s.Series != 0 || len(s.Points) != 3 || s.Points[2].Live != 0 || s.Points[2].CPU != 3 {
		t.Errorf("%+v, %v", s, err)
	}
}

// Whatever two reports say, comparing them ends with a verdict and with figures that
// JSON can hold.
func FuzzCompare(f *testing.F) {
	for _, l := range []life{{age: 3600, warmUp: 600, step: 300, rate: 9, cpu: 1, p99: 1, live: 1e6, fills: 1, noise: 1}, {age: 900, warmUp: 60, step: 30, live: 1, fills: 1, seed: 3}} {
		s := l.side()
		history, err := json.Marshal(s.Points)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(`{"schema":"govitals.report/v1","at":"2026-01-01T00:00:00Z","figures":{"uptime_seconds":7200,"requests":{},"history":` + string(history) + `}}`))
	}
	f.Add([]byte(`{"schema":"govitals.report/v1","figures":{"sites":[{"name":"\u001b[2J","bytes":1e99}],"labels":[{"name":"a{b}","count":1e18}]}}`))
	f.Add([]byte("<html>"))
	good := service(7).side()
	f.Fuzz(func(t *testing.T, text []byte) {
		side, err := Decode(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		for _, r := range []Result{Compare(side, good, Options{}), Compare(good, side, Options{}), Compare(side, side, Options{})} {
			if _, err := json.Marshal(r); err != nil {
				t.Errorf("the result cannot be written: %v\n%+v", err, r)
			}
			if r.Verdict != Worse && r.Verdict != Same && r.Verdict != CannotTell || r.Summary == "" || len(r.Sites) > ranked {
				t.Errorf("the result is %+v", r)
			}
		}
	})
}

func TestStudent(t *testing.T) {
	// Two-sided 99 %, from tables.
	for freedom, want := range map[float64]float64{4: 4.604, 5: 4.032, 10: 3.169, 15: 2.947, 30: 2.750} {
		if got := student(freedom); math.Abs(got/want-1) > 0.02 {
			t.Errorf("student(%v) = %.3f, want %.3f", freedom, got, want)
		}
	}
}
