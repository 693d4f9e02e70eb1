package heap

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

func TestFindingsThatJSONCannotHold(t *testing.T) {
	far := time.Unix(1<<50, 0)
	odd := sourceOf{{
		Signal: "heap", State: finding.Leaking, Summary: "It leaks.", PerHour: 1, Low: 1, High: math.Inf(1),
		Since: far, Forecast: finding.Forecast{At: far, Latest: far},
	}}
	r := newRecorder(t, new(fakeMemory), RecorderConfig{Findings: odd})
	if err := r.Capture("leak"); err != nil {
		t.Error(err)
	}
	if w := get(t, Handler(HandlerConfig{Findings: odd}), "?format=json"); !strings.Contains(w.Body.String(), "It leaks.") {
		t.Errorf("the report in JSON is %d %s", w.Code, w.Body)
	}
	if odd[0].High != math.Inf(1) || odd[0].Since != far {
		t.Error("the findings themselves were changed")
	}
}

func TestFindingsThatPanicDoNotPreventACapture(t *testing.T) {
	r := newRecorder(t, new(fakeMemory), RecorderConfig{})
	r.config.Findings = sourceFunc(func() []finding.Finding { panic("nil detector") })
	if err := r.Capture("leak"); err != nil {
		t.Fatal(err)
	}
	if got, _ := readSidecar(t, r, r.Captures()[0]); !strings.Contains(got.FindingsFault, "nil detector") {
		t.Errorf("the sidecar says %q", got.FindingsFault)
	}
}

// sourceFunc is a finding.Source.
type sourceFunc func() []finding.Finding

// Findings implements [finding.Source].
func (f sourceFunc) Findings() []finding.Finding { return f() }

// A source may return a number that is no state, of which JSON knows no word.
func TestFindingWithoutAStateCostsNoCapture(t *testing.T) {
	odd := sourceFunc(func() []finding.Finding { return []finding.Finding{{Signal: "mine", State: finding.State(99)}} })
	r := newRecorder(t, new(fakeMemory), RecorderConfig{Findings: odd})
	if err := r.Capture("odd"); err != nil {
		t.Fatal(err)
	}
	if got, _ := readSidecar(t, r, r.Captures()[0]); got.State != finding.Unknown || len(got.Findings) != 1 {
		t.Errorf("the sidecar says %v and %v", got.State, got.Findings)
	}
	if w := get(t, Handler(HandlerConfig{Findings: odd}), "?format=json"); w.Code != 200 {
		t.Errorf("the report says %s", w.Body)
	}
}

// Findings and Report are the user's, and may have a verdict of their own.
func TestCaptureWithinACaptureIsTooSoon(t *testing.T) {
	var r *Recorder
	var inner []error
	again := func() { inner = append(inner, r.Capture("inner")) }
	r = newRecorder(t, new(fakeMemory).set(1<<30, 100<<30), RecorderConfig{
		Findings: sourceFunc(func() []finding.Finding { again(); return nil }),
		Report:   func(io.Writer) error { again(); return nil },
	})
	ended := make(chan error, 1)
	go func() { ended <- r.capture(CaptureLastWords, "outer") }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the capture waits for itself")
	}
	if len(inner) != 2 || !errors.Is(inner[0], ErrTooSoon) || !errors.Is(inner[1], ErrTooSoon) {
		t.Errorf("within it: %v", inner)
	}
	if err := r.Capture("afterwards"); err != nil {
		t.Error(err)
	}
	if got := values(r); got["recorder.captures written"] != 2 || got["recorder.captures too_soon"] != 3 {
		t.Errorf("counted %v", got)
	}
}
