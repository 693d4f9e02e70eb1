package eventloop

import (
	"strings"
	"testing"
	"time"
)

// parked starts goroutines that wait until the test ends.
func parked(t *testing.T, n int) {
	t.Helper()
	stop, gone := make(chan struct{}), make(chan struct{})
	for range n {
		go func() { <-stop; gone <- struct{}{} }()
	}
	t.Cleanup(func() {
		close(stop)
		for range n {
			<-gone
		}
	})
}

// A recorder of our own among many goroutines: the trace is there and within the
// bound, and the time that it took is not lag. How many there are matters only beside
// how many may be profiled.
func TestCaptureAmongManyGoroutines(t *testing.T) {
	const many = 1000
	parked(t, many)
	for _, c := range []struct {
		name        string
		most        int // goroutines that are profiled
		trace, prof int
	}{{"profiled", 2 * many, 1, 1}, {"too many for a profile", many / 2, 1, 0}, {"too many for a trace", many / 20, 0, 0}} {
		t.Run(c.name, func(t *testing.T) {
			p, dir := newProbe(t, Config{}), t.TempDir()
			const bound = 4 << 20
			capture := startCapture(t, CaptureConfig{Dir: dir, Probe: p, Record: true, MaxBytes: bound, MaxGoroutines: c.most})
			p.capture.Load().stalled(Stall{Start: time.Now(), Lag: time.Second, Cause: CauseRunqueue})
			for patience := time.Now().Add(30 * time.Second); results(capture)["written"] == 0 && time.Now().Before(patience); {
				time.Sleep(5 * ms)
			}
			traces, profiles := files(t, dir, extTrace), files(t, dir, extProfile)
			if len(traces) != c.trace || len(profiles) != c.prof {
				t.Fatalf("%d traces and %d profiles, want %d and %d; %s", len(traces), len(profiles), c.trace, c.prof, said(capture.Findings()))
			}
			for _, trace := range traces {
				if !strings.HasPrefix(trace, "go 1.") || len(trace) > bound/4 {
					t.Errorf("the trace has %d bytes and begins with %.16q, want a trace of at most %d", len(trace), trace, bound/4)
				}
			}
			if about := described(t, dir); about.Took <= 0 || p.cuts.sum(p.since).Seconds() < about.Took*0.9 {
				t.Errorf("it took %v s, of which %v were left out of the lag", about.Took, p.cuts.sum(p.since))
			}
		})
	}
}
