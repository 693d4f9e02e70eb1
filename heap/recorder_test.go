package heap

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
)

// newRecorder returns a Recorder of which a test turns the memory, on a
// directory that does not exist yet. Its profiles are short.
func newRecorder(t *testing.T, memory *fakeMemory, config RecorderConfig) *Recorder {
	t.Helper()
	if config.Dir == "" {
		config.Dir = filepath.Join(t.TempDir(), "captures")
	}
	config.Monitor = newMonitor(t)
	r, err := NewRecorder(config)
	if err != nil {
		t.Fatal(err)
	}
	r.memory = memoryReader{memory.snapshot}
	r.profile = func(w io.Writer) error {
		_, err := io.WriteString(w, "profile")
		return err
	}
	r.records = func() int { return 100 }
	r.collect = func() { t.Error("a collection was forced, which nobody asked for") }
	return r
}

// kinds lists the captures there are, the oldest first.
func kinds(r *Recorder) []string {
	var all []string
	for _, c := range slices.Backward(r.Captures()) {
		all = append(all, c.Kind)
	}
	return all
}

func readSidecar(t *testing.T, r *Recorder, c Capture) (got sidecar, text string) {
	t.Helper()
	raw := readFile(t, r, c.Sidecar)
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	return got, string(raw)
}

func readFile(t *testing.T, r *Recorder, id string) []byte {
	t.Helper()
	file, err := r.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestRecorderLifecycle(t *testing.T) {
	conform.Lifecycle(t, &Recorder{}, func() conform.Starter {
		return newRecorder(t, new(fakeMemory).set(75, 100), RecorderConfig{})
	})
}

func TestRecorderConfig(t *testing.T) {
	good := RecorderConfig{Dir: "x", Monitor: newMonitor(t)}
	for _, c := range []struct {
		change func(*RecorderConfig)
		words  []string
	}{
		{func(c *RecorderConfig) { c.Dir = "" }, []string{"Dir"}},
		{func(c *RecorderConfig) { c.Monitor = nil }, []string{"Monitor"}},
		{func(c *RecorderConfig) { c.MaxBytes = 5 }, []string{"MaxBytes", "5", "1 MiB"}},
		{func(c *RecorderConfig) { c.MaxFiles = -1 }, []string{"MaxFiles", "-1", "10"}},
		{func(c *RecorderConfig) { c.WarmUp = -time.Second }, []string{"WarmUp", "-1s"}},
		{func(c *RecorderConfig) { c.MinInterval = 25 * time.Hour }, []string{"MinInterval", "25h"}},
	} {
		config := good
		c.change(&config)
		_, err := NewRecorder(config)
		for _, word := range c.words {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("error is %v, want one that says %q", err, word)
			}
		}
	}
}

func TestZeroRecorderSaysSo(t *testing.T) {
	r := new(Recorder)
	_, opened := r.Open("x")
	for _, err := range []error{r.Capture("x"), r.Start(t.Context()), opened} {
		if err == nil || !strings.Contains(err.Error(), "NewRecorder") {
			t.Errorf("error is %v, want one that says NewRecorder", err)
		}
	}
	if got := r.Captures(); got != nil {
		t.Errorf("captures are %v", got)
	}
}

// The whole way with the real profile: what is kept must be found in it by
// go tool pprof.
func TestCaptureIsReadByPprof(t *testing.T) {
	kept := retain(32)
	runtime.GC()
	r := newRecorder(t, new(fakeMemory), RecorderConfig{})
	r.profile, r.records = writeHeapProfile, profileRecords
	if err := r.Capture("Leak: cache.Put"); err != nil {
		t.Fatal(err)
	}
	captures := r.Captures()
	if len(captures) != 1 || captures[0].Kind != CaptureVerdict || captures[0].Reason != "leak_cache_put" || !captures[0].Own {
		t.Fatalf("captures are %+v", captures)
	}
	if top := openProfile(t, readFile(t, r, captures[0].ID)); !strings.Contains(top, "heap.retain") {
		t.Errorf("go tool pprof does not show what is kept:\n%s", top)
	}
	runtime.KeepAlive(kept)
}

func TestProfileRecordsAreThoseOfTheRuntime(t *testing.T) {
	n, _ := runtime.MemProfile(make([]runtime.MemProfileRecord, 1<<16), true)
	if got := profileRecords(); got < n || got > n+100 { // the test itself adds some
		t.Errorf("%d records, the runtime has %d", got, n)
	}
}

func TestSidecarHasTheMomentAndNoSecrets(t *testing.T) {
	t.Setenv("RECORDER_SECRET", "hunter2")
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, new(fakeMemory).set(300<<20, 400<<20), RecorderConfig{Findings: sourceOf{
			{Signal: "heap", State: finding.OK, Summary: "All well."},
			{Signal: "series", State: finding.Leaking, Summary: "It leaks.", PerHour: math.Inf(1), Culprits: []finding.Culprit{{Name: "main.put", Share: math.Inf(1)}}},
		}})
		if err := r.config.Monitor.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer r.config.Monitor.Close()
		time.Sleep(90 * time.Second)
		if err := r.Capture("a leak\xff"); err != nil {
			t.Fatal(err)
		}
		got, text := readSidecar(t, r, r.Captures()[0])
		host, _ := os.Hostname()
		if got.Schema != "govitals.capture/v1" || got.Process.PID != os.Getpid() || got.Process.Host != host ||
			got.Process.Go != runtime.Version() || got.Process.UptimeSeconds != 90 || !got.At.Equal(time.Now()) {
			t.Errorf("the sidecar is %s", text)
		}
		if got.State != finding.Leaking || len(got.Findings) != 2 || got.Findings[0].Summary != "It leaks." {
			t.Errorf("the findings are %+v, want the worst first", got.Findings)
		}
		if got.Memory == nil || got.Memory.Share != 0.75 || got.Limits[1].File != "/memory.max" {
			t.Errorf("memory is %+v, limits %+v", got.Memory, got.Limits)
		}
		if !slices.ContainsFunc(got.Metrics, func(m sidecarMetric) bool { return m.Name == "heap.goal" && m.Value > 0 }) {
			t.Errorf("heap.goal is not among the metrics: %+v", got.Metrics)
		}
		for _, secret := range append([]string{"hunter2", "RECORDER_SECRET"}, os.Args[1:]...) {
			if strings.Contains(text, secret) {
				t.Errorf("the sidecar has %q", secret)
			}
		}
	})
}

func TestSidecarThatIsTooLongLeavesOutTheLeastBad(t *testing.T) {
	many := sourceOf{{Signal: "heap", State: finding.Leaking, Summary: "It leaks."}}
	for range 40 {
		many = append(many, finding.Finding{Signal: "heap", State: finding.OK, Summary: strings.Repeat("well ", 600)})
	}
	r := newRecorder(t, new(fakeMemory), RecorderConfig{Findings: many})
	if err := r.Capture("x"); err != nil {
		t.Fatal(err)
	}
	got, text := readSidecar(t, r, r.Captures()[0])
	if len(text) > sidecarBytes || len(got.Findings)+got.FindingsLeftOut != 41 || got.Findings[0].State != finding.Leaking {
		t.Errorf("%d bytes hold %d findings and say that %d are left out", len(text), len(got.Findings), got.FindingsLeftOut)
	}
}

// What is on disk is not known to be nothing.
func TestSizeOnDiskIsNotZeroWhereItCannotBeRead(t *testing.T) {
	r := newRecorder(t, new(fakeMemory), RecorderConfig{MinInterval: 1})
	if err := r.Capture("x"); err != nil {
		t.Fatal(err)
	}
	before := values(r)["recorder.disk"]
	if err := errors.Join(os.RemoveAll(r.config.Dir), os.WriteFile(r.config.Dir, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := r.Capture("y"); err == nil {
		t.Error("a file is written to as a directory")
	}
	if after := values(r)["recorder.disk"]; before == 0 || after != before {
		t.Errorf("%v bytes, and %v when the directory cannot be read", before, after)
	}
}

func TestCapturesAreOpenedByIDAlone(t *testing.T) {
	r := newRecorder(t, new(fakeMemory), RecorderConfig{})
	if err := r.Capture("x"); err != nil {
		t.Fatal(err)
	}
	c := r.Captures()[0]
	for _, id := range []string{c.ID, c.Profile} {
		if got := readFile(t, r, id); string(got) != "profile" {
			t.Errorf("%s is %q", id, got)
		}
	}
	if c.Bytes != int64(len("profile")+len(readFile(t, r, c.Sidecar))) {
		t.Errorf("its size is said to be %d", c.Bytes)
	}
	for _, id := range []string{"", "x", "/etc/passwd", filepath.Join(r.config.Dir, c.Profile), "../captures/" + c.Profile, c.ID + ".report.md"} {
		if _, err := r.Open(id); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "no capture") {
			t.Errorf("Open(%q) gives %v, want that there is none", id, err)
		}
	}
}
