package gate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/metric"
)

var _ metric.Source = (*gate.Gate)(nil)

// collect returns the counts by "endpoint result".
func collect(t *testing.T, g *gate.Gate) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	g.Collect(func(s metric.Sample) {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		got[strings.Join(s.LabelValues, " ")] = s.Value
	})
	return got
}

func TestEveryRequestIsCountedOnce(t *testing.T) {
	g := newGate(t, gate.Config{})
	failing := g.Protect("gc", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.Serve(w, r, gate.Page{Key: "text", ContentType: "text/plain", Render: func(context.Context, io.Writer) error { return errors.New("no") }})
	}))
	reading := g.Protect("heap", http.HandlerFunc(showSecret))
	answer(reading, request("GET", local))
	answer(reading, request("HEAD", local))
	answer(reading, request("GET", stranger))
	answer(reading, request("POST", local))
	answer(failing, request("GET", local))
	got := collect(t, g)
	for name, want := range map[string]float64{
		"heap served": 2, "heap denied": 1, "heap method_not_allowed": 1, "heap failed": 0, "gc failed": 1, "gc served": 0,
	} {
		if value, known := got[name]; !known || value != want {
			t.Errorf("%s: got %v, want %v in %v", name, value, want, got)
		}
	}
	if len(got) != 2*8 {
		t.Errorf("%d series for 2 endpoints and 8 results", len(got))
	}
}

func TestWrongTokensAreCounted(t *testing.T) {
	g := newGate(t, gate.Config{Token: goodToken})
	h := g.Protect("heap", http.HandlerFunc(showSecret))
	guess(h, "wrong")
	guess(h, goodToken)
	if got := collect(t, g); got["heap unauthorized"] != 1 || got["heap served"] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestHandlerThatPanicsIsCountedAsFailed(t *testing.T) {
	g := newGate(t, gate.Config{})
	h := g.Protect("heap", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	func() {
		defer func() { _ = recover() }()
		answer(h, request("GET", local))
	}()
	if got := collect(t, g)["heap failed"]; got != 1 {
		t.Errorf("failed is %v, want 1", got)
	}
}

func TestNumberOfEndpointsIsBounded(t *testing.T) {
	g := newGate(t, gate.Config{})
	for i := range 100 {
		answer(g.Protect(fmt.Sprint("page", i), http.HandlerFunc(showSecret)), request("GET", local))
	}
	answer(g.Protect("page1", http.HandlerFunc(showSecret)), request("GET", local))
	got := collect(t, g)
	if len(got) != 32*8 || got["other served"] != 69 || got["page1 served"] != 2 {
		t.Errorf("%d series, other %v, page1 %v", len(got), got["other served"], got["page1 served"])
	}
}

func TestDescriptionIsValid(t *testing.T) {
	for _, desc := range newGate(t, gate.Config{}).Describe() {
		if err := desc.Validate(); err != nil {
			t.Error(err)
		}
		if name := desc.PrometheusName(); name != "govitals_debug_requests_total" {
			t.Errorf("Prometheus name is %s", name)
		}
	}
}
