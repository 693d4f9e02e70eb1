package eventloop

import (
	"io"
	"math"
	"os"
	"runtime/trace"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

func TestOurRecorderEndsIfClosedWhileItStarts(t *testing.T) {
	p, dir := newProbe(t, Config{}), t.TempDir()
	for range 30 {
		c := newCapture(t, CaptureConfig{Dir: dir, Probe: p, Record: true})
		var group sync.WaitGroup
		group.Go(func() { _ = c.Start(t.Context()) }) // it may have been closed before
		group.Go(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		if trace.IsEnabled() || p.capture.Load() != nil {
			c.Close()
			t.Fatal("it is recorded after Close, or the Probe still has the Capture")
		}
	}
}

// What names is the user's, and so is the slice that it returns.
func TestSharesThatAreNoneCostNoDescription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		own := []finding.Culprit{{Name: "a", Share: math.NaN()}, {Name: "b", Share: math.Inf(1)}, {Name: "c", Share: 0.5}}
		c := startCapture(t, CaptureConfig{
			Dir: dir, Probe: newProbe(t, Config{}), Recorder: tape{text: "x"}, Name: func(io.Reader) ([]finding.Culprit, error) { return own, nil },
		})
		c.stalled(Stall{Start: time.Now(), Lag: time.Second})
		synctest.Wait()
		own[2].Name = "changed"
		want := []finding.Culprit{{Name: "a"}, {Name: "b"}, {Name: "c", Share: 0.5}}
		if got := described(t, dir).Culprits; !slices.Equal(got, want) {
			t.Errorf("written down are %v, want %v", got, want)
		}
		if _, got := c.named(time.Time{}); !slices.Equal(got, want) || results(c)["failed"] != 0 {
			t.Errorf("shown are %v, want %v; counted %v", got, want, results(c))
		}
	})
}

func TestTheAdviceNamesAFileThatThereIs(t *testing.T) {
	for name, recorder := range map[string]Recorder{"a trace": tape{text: "x"}, "none": nil} {
		synctest.Test(t, func(t *testing.T) {
			c := startCapture(t, CaptureConfig{Probe: newProbe(t, Config{}), Recorder: recorder})
			c.stalled(Stall{Start: time.Now(), Lag: time.Second})
			synctest.Wait()
			advice := c.Findings()[0].Advice
			path := strings.TrimSuffix(advice[strings.Index(advice, c.config.Dir):], ".json.") + ".json"
			if recorder != nil {
				path = advice[strings.Index(advice, c.config.Dir):]
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: the advice is %q: %v", name, advice, err)
			}
		})
	}
}
