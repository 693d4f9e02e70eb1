package watch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
	"github.com/govitals/govitals/metric"
)

// run starts a job and returns a function that ends it and waits.
func run(t *testing.T, j *Job, fn func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if err := j.Run(ctx, fn); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return func() { cancel(); group.Wait() }
}

// only returns the finding of a source that has one.
func only(t *testing.T, s finding.Source) finding.Finding {
	t.Helper()
	all := s.Findings()
	if len(all) != 1 {
		t.Fatalf("%d findings, want one: %v", len(all), all)
	}
	return all[0]
}

func wantFinding(t *testing.T, s finding.Source, state finding.State, words ...string) {
	t.Helper()
	f := only(t, s)
	if f.State != state {
		t.Errorf("state is %v, want %v: %s", f.State, state, f.Summary)
	}
	for _, word := range words {
		if !strings.Contains(f.Summary, word) {
			t.Errorf("summary is %q, want one that has %q", f.Summary, word)
		}
	}
}

// collect returns what a source emits, by name and label values, and checks each
// sample against its declaration.
func collect(t *testing.T, s metric.Source) map[string]float64 {
	t.Helper()
	declared := map[string]bool{}
	for _, d := range s.Describe() {
		declared[d.Name] = true
	}
	all := map[string]float64{}
	s.Collect(func(sample metric.Sample) {
		if err := sample.Validate(); err != nil || !declared[sample.Desc.Name] {
			t.Errorf("%s: %v, declared: %v", sample.Desc.Name, err, declared[sample.Desc.Name])
		}
		key := strings.Join(append([]string{sample.Desc.Name}, sample.LabelValues...), " ")
		if _, twice := all[key]; twice {
			t.Errorf("%s was emitted twice", key)
		}
		all[key] = sample.Value
		if sample.Histogram != nil {
			all[key] = float64(sample.Histogram.Count())
		}
	})
	return all
}

// started starts a part and returns a function that closes it.
func started(t *testing.T, s conform.Starter) (stop func()) {
	t.Helper()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// served makes a request of a handler in the goroutine of the caller.
func served(handler http.Handler, ctx context.Context, target string) {
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, target, nil))
}

// wantRefused wants of each config an error that has the words.
func wantRefused[C interface{ Validate() error }](t *testing.T, wrong map[string]C) {
	t.Helper()
	for words, c := range wrong {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: error is %v", words, err)
		}
	}
}

// panicOf returns what a function panics with.
func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}
