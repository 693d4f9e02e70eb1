package eventloop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/trace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
	"github.com/govitals/govitals/metric"
)

// tape is a recorder that takes some time to write.
type tape struct {
	text string
	took time.Duration
	err  error
}

func (r tape) WriteTo(w io.Writer) (int64, error) {
	time.Sleep(r.took)
	if r.err != nil {
		return 0, r.err
	}
	n, err := io.WriteString(w, r.text)
	return int64(n), err
}

func newCapture(t *testing.T, config CaptureConfig) *Capture {
	t.Helper()
	if config.Dir == "" {
		config.Dir = t.TempDir()
	}
	c, err := NewCapture(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func startCapture(t *testing.T, config CaptureConfig) *Capture {
	t.Helper()
	c := newCapture(t, config)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// files returns the contents of the files of a directory that have an extension.
func files(t *testing.T, dir, ext string) (contents []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*."+ext))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, string(text))
	}
	return contents
}

// described returns the only description in a directory.
func described(t *testing.T, dir string) (s sidecar) {
	t.Helper()
	texts := files(t, dir, extSidecar)
	if len(texts) != 1 {
		t.Fatalf("there are %d descriptions, want one", len(texts))
	}
	if err := json.Unmarshal([]byte(texts[0]), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func results(c *Capture) map[string]float64 {
	all := map[string]float64{}
	c.Collect(func(s metric.Sample) { all[s.LabelValues[0]] = s.Value })
	return all
}

func said(findings []finding.Finding) string { return fmt.Sprintf("%+v", findings) }

func TestAStallIsCapturedAndItsCulpritNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{IdlePeriod: 10 * ms}, span{6003 * ms, 6203 * ms})
		dir := t.TempDir()
		c := startCapture(t, CaptureConfig{
			Dir: dir, Probe: p, Recorder: tape{text: "what happened", took: 300 * ms},
			Name: func(r io.Reader) ([]finding.Culprit, error) {
				text, err := io.ReadAll(r)
				return []finding.Culprit{{Name: "main.copy of " + string(text), Share: 1}}, err
			},
		})
		time.Sleep(8 * time.Second)
		about := described(t, dir)
		if got := files(t, dir, extTrace); len(got) != 1 || got[0] != "what happened" {
			t.Errorf("traces are %q", got)
		}
		if got := files(t, dir, extProfile); len(got) != 1 || !strings.HasPrefix(got[0], "\x1f\x8b") {
			t.Errorf("%d profiles, want one that is compressed", len(got))
		}
		if about.Schema != CaptureSchema || about.Cause != CauseGC || about.Lag != 0.193 || about.Took < 0.3 || about.Culprits[0].Name != "main.copy of what happened" {
			t.Errorf("the description is %+v", about)
		}
		f := p.Findings()[0]
		if len(f.Culprits) != 1 || f.Culprits[0].Name != "main.copy of what happened" || !strings.Contains(f.Summary, "it was main.copy") {
			t.Errorf("the probe says %+v", f)
		}
		if !strings.Contains(said(c.Findings()), "1 stall captured") || results(c)["written"] != 1 {
			t.Errorf("it says %+v and counts %v", c.Findings(), results(c))
		}
		if s := p.Snapshot(); s.Excluded != 300*ms || s.Stalls[CauseGC].Count != 1 {
			t.Errorf("%v were left out and %v stalls counted, want those of the capture and one", s.Excluded, s.Stalls)
		}
		time.Sleep(2 * time.Minute)
		if f := p.Findings()[0]; len(f.Culprits) != 0 {
			t.Errorf("two minutes later the culprits are still %+v", f.Culprits)
		}
	})
}

func TestCapturesKeepToTheirPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Config{})
		dir := t.TempDir()
		c := startCapture(t, CaptureConfig{Dir: dir, Probe: p, MinInterval: 10 * time.Second, MaxPerHour: 3})
		for range 60 { // one a second
			c.stalled(Stall{Start: time.Now(), Lag: time.Second, Cause: CauseRunqueue})
			time.Sleep(time.Second)
		}
		if got := results(c); got["written"] != 3 || got["limited"] != 57 {
			t.Errorf("in a minute: %v, want 3 written", got)
		}
		time.Sleep(time.Hour)
		for _, cause := range []Cause{CauseFrozen, CauseHostContention} {
			c.stalled(Stall{Lag: time.Second, Cause: cause})
		}
		synctest.Wait()
		if got := len(files(t, dir, extSidecar)); got != 3 {
			t.Errorf("%d captures, want none of what came from outside", got)
		}
		c.stalled(Stall{Lag: time.Second, Cause: CauseUnknown})
		time.Sleep(time.Second)
		if got := len(files(t, dir, extSidecar)); got != 4 {
			t.Errorf("%d captures an hour later, want one more", got)
		}
	})
}

func TestWhatCannotBeCapturedIsSaid(t *testing.T) {
	panics := func(io.Reader) ([]finding.Culprit, error) { panic("no name") }
	for name, test := range map[string]struct {
		config CaptureConfig
		many   bool
		says   func(about sidecar) string
		want   string
	}{
		"no recorder": {CaptureConfig{}, false, func(s sidecar) string { return s.Trace.Missing }, "no flight recorder"},
		"a recorder that fails": {
			CaptureConfig{Recorder: tape{err: errors.New("it was stopped")}}, false, func(s sidecar) string { return s.Trace.Missing }, "it was stopped",
		},
		"too large": {
			CaptureConfig{Recorder: tape{text: strings.Repeat("x", 1<<19)}, MaxBytes: 1 << 20}, false,
			func(s sidecar) string { return s.Trace.Missing }, "more than 262144 bytes",
		},
		"too many goroutines": {CaptureConfig{Recorder: tape{text: "x"}}, true, func(s sidecar) string { return s.Profile.Missing }, "1000000 goroutines"},
		"far too many":        {CaptureConfig{Recorder: tape{text: "x"}}, true, func(s sidecar) string { return s.Trace.Missing }, "1000000 goroutines"},
		"a name that panics":  {CaptureConfig{Recorder: tape{text: "x"}, Name: panics}, false, func(s sidecar) string { return s.NoName }, "panicked: no name"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.config.Probe, test.config.Dir = newProbe(t, Config{}), t.TempDir()
				c := newCapture(t, test.config)
				if test.many {
					c.goroutines = func() int { return 1_000_000 }
				}
				if err := c.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.stalled(Stall{Start: time.Now(), Lag: time.Second, Cause: CauseUnknown})
				synctest.Wait()
				if got := test.says(described(t, test.config.Dir)); !strings.Contains(got, test.want) {
					t.Errorf("it says %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestADirectoryThatCannotBeWrittenToStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		occupied := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(occupied, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(occupied, "stalls")
		c := startCapture(t, CaptureConfig{Dir: dir, Probe: newProbe(t, Config{}), MinInterval: time.Second})
		if !strings.Contains(said(c.Findings()), "cannot be captured") {
			t.Errorf("after Start it says %v", c.Findings())
		}
		c.stalled(Stall{Lag: time.Second})
		synctest.Wait()
		if got := results(c); got["failed"] != 1 {
			t.Errorf("counted are %v, want one that failed", got)
		}
		if err := os.Remove(occupied); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		c.stalled(Stall{Lag: time.Second})
		synctest.Wait()
		if got := results(c); got["written"] != 1 || strings.Contains(said(c.Findings()), "cannot be") {
			t.Errorf("then counted are %v and it says %v", got, c.Findings())
		}
	})
}

func TestARecorderThatIsTakenIsNoError(t *testing.T) {
	first := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	defer first.Stop()
	c := startCapture(t, CaptureConfig{Probe: newProbe(t, Config{}), Record: true})
	if !strings.Contains(said(c.Findings()), "without a trace") {
		t.Errorf("it says %v", c.Findings())
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if !first.Enabled() {
		t.Error("Close stopped the recorder of somebody else")
	}
}

func TestOurRecorderEndsWithTheCapture(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	c := newCapture(t, CaptureConfig{Dir: dir, Probe: newProbe(t, Config{}), Record: true})
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if !trace.IsEnabled() {
		t.Error("nothing is recorded")
	}
	cancel()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if trace.IsEnabled() {
		t.Error("it is recorded after Close")
	}
}

func TestAProbeHasOneCapture(t *testing.T) {
	p := newProbe(t, Config{})
	first := startCapture(t, CaptureConfig{Probe: p})
	second := newCapture(t, CaptureConfig{Probe: p})
	if err := second.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "another Capture") {
		t.Errorf("a second one: %v", err)
	}
	first.Close()
	startCapture(t, CaptureConfig{Probe: p})
}

func TestCaptureLifecycle(t *testing.T) {
	conform.Lifecycle(t, &Capture{}, func() conform.Starter {
		return newCapture(t, CaptureConfig{Probe: newProbe(t, Config{})})
	})
}

func TestCaptureConfigNamesTheField(t *testing.T) {
	p := newProbe(t, Config{})
	for field, config := range map[string]CaptureConfig{
		"Dir": {Probe: p}, "Probe": {Dir: "x"}, "Record": {Dir: "x", Probe: p, Record: true, Recorder: tape{}},
		"MinLag": {Dir: "x", Probe: p, MinLag: 1}, "MinInterval": {Dir: "x", Probe: p, MinInterval: 1},
		"MaxPerHour": {Dir: "x", Probe: p, MaxPerHour: 1001}, "MaxBytes": {Dir: "x", Probe: p, MaxBytes: 1},
		"MaxGoroutines": {Dir: "x", Probe: p, MaxGoroutines: -1},
	} {
		if _, err := NewCapture(config); err == nil || !strings.Contains(err.Error(), "CaptureConfig."+field+" is ") {
			t.Errorf("the error is %v, want one about %s", err, field)
		}
	}
	if err := new(Capture).Start(t.Context()); err == nil {
		t.Error("the zero value can be started")
	}
}
