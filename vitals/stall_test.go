package vitals

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/finding"
)

// spinFor has more goroutines than processors compute for a while.
func spinFor(d time.Duration) {
	var group sync.WaitGroup
	end := time.Now().Add(d)
	for range 8 * runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for time.Now().Before(end) {
			}
		})
	}
	group.Wait()
}

// culprits returns the names in the finding about scheduling delay, and its state.
func culprits(v *Vitals) (names []string, state finding.State) {
	for _, f := range v.Report().Findings {
		if f.Signal == "eventloop" {
			for _, c := range f.Culprits {
				names = append(names, c.Name)
			}
			return names, f.State
		}
	}
	return nil, finding.Unknown
}

func TestAStallIsReportedWithItsCulprit(t *testing.T) {
	if testing.Short() {
		t.Skip("keeps the processors busy for a while")
	}
	dir := t.TempDir()
	stalls := make(chan eventloop.Stall, 1)
	v := newVitals(t, Config{
		CaptureDir: dir, StallThreshold: 10 * time.Millisecond,
		OnStall: func(s eventloop.Stall) {
			select {
			case stalls <- s:
			default:
			}
		},
		NameStall: func(trace io.Reader) ([]finding.Culprit, error) {
			head := make([]byte, 3)
			_, err := io.ReadFull(trace, head)
			return []finding.Culprit{{Name: string(head) + "main.hog", Share: 1}}, err
		},
	})
	spin := func() bool {
		spinFor(100 * time.Millisecond)
		names, _ := culprits(v)
		return len(names) == 1 && names[0] == "go main.hog"
	}
	for end := time.Now().Add(time.Minute); !spin(); { // what is outside of the process may be to blame at first
		if time.Now().After(end) {
			t.Fatalf("after a minute the report says %v", v.Report())
		}
	}
	if stall := <-stalls; stall.Lag < 10*time.Millisecond {
		t.Errorf("OnStall was told of %v", stall.Lag)
	}
	if traces, _ := filepath.Glob(filepath.Join(dir, "stalls", "*.trace")); len(traces) == 0 {
		entries, _ := os.ReadDir(dir)
		t.Errorf("there is no trace in %s: %v", dir, entries)
	}
	if v.Probe().Snapshot().Ticks == 0 {
		t.Error("the probe has not ticked")
	}
}

func TestWithoutAProbe(t *testing.T) {
	v := newVitals(t, Config{NoProbe: true})
	if _, state := culprits(v); v.Probe() != nil || state != finding.Unknown {
		t.Errorf("there is a probe %v, and its state is %v", v.Probe(), state)
	}
	_, err := Start(t.Context(), Config{Logger: quiet, NoProbe: true, OnStall: func(eventloop.Stall) {}})
	if err == nil || !strings.Contains(err.Error(), "NoProbe") {
		t.Errorf("NoProbe beside OnStall: %v", err)
	}
	_, err = Start(t.Context(), Config{Logger: quiet, StallThreshold: -1})
	if err == nil || !strings.Contains(err.Error(), "StallThreshold") {
		t.Errorf("a negative threshold: %v", err)
	}
}
