package heap

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/ringdir"
)

func TestPreflight(t *testing.T) {
	const mib = 1 << 20
	// The figures of the rule by hand: 100,000 records × 290 B × 1.3 = 37.7 MB,
	// and 8 MiB, are 44.0 MiB, of which four times are 175.8 MiB.
	for _, c := range []struct {
		records int
		left    uint64
		refused bool
	}{
		{100_000, 176 * mib, false},
		{100_000, 175 * mib, true},
		{0, 32 * mib, false},
		{0, 32*mib - 1, true},
		{1 << 30, 1 << 40, true},
	} {
		err := preflight(c.records, memoryUse{used: 1 << 40, limit: 1<<40 + c.left})
		if errors.Is(err, ErrNoHeadroom) != c.refused {
			t.Errorf("%d records with %d bytes left: %v, want refused %v", c.records, c.left, err, c.refused)
		}
		if err := preflight(c.records, memoryUse{}); err != nil {
			t.Errorf("without a limit: %v", err)
		}
	}
}

func TestNoRoomForAProfile(t *testing.T) {
	memory := new(fakeMemory).set(380<<20, 400<<20)
	r := newRecorder(t, memory, RecorderConfig{})
	r.records = func() int { return 10_000 }
	r.profile = func(io.Writer) error { t.Error("the profile is encoded all the same"); return nil }
	err := r.Capture("leak")
	for _, word := range []string{"10,000 records", "11.6 MiB", "20.0 MiB", "400 MiB"} {
		if !errors.Is(err, ErrNoHeadroom) || !strings.Contains(err.Error(), word) {
			t.Errorf("error is %v, want ErrNoHeadroom that says %q", err, word)
		}
	}
	captures := r.Captures()
	if len(captures) != 1 || captures[0].Profile != "" {
		t.Fatalf("captures are %+v, want one without a profile", captures)
	}
	if got, _ := readSidecar(t, r, captures[0]); !strings.Contains(got.Profile.Missing, "too little memory") || got.Profile.Records != 10_000 {
		t.Errorf("the sidecar says %+v", got.Profile)
	}
	if got := r.Findings(); len(got) != 1 || got[0].Cause != "no_headroom" {
		t.Errorf("findings are %+v", got)
	}
	if got := values(r)["recorder.captures refused"]; got != 1 {
		t.Errorf("%v refusals counted", got)
	}
}

func TestCollectionIsForcedOnlyOnRequestAndBelow85Percent(t *testing.T) {
	for _, c := range []struct {
		asked bool
		used  uint64
		kind  string
		want  int
	}{
		{false, 10, CaptureVerdict, 0},
		{true, 10, CaptureVerdict, 1},
		{true, 85, CaptureVerdict, 1},
		{true, 86, CaptureVerdict, 0},
		{true, 10, CaptureLastWords, 0},
	} {
		r := newRecorder(t, new(fakeMemory).set(c.used<<30, 100<<30), RecorderConfig{GC: c.asked})
		forced := 0
		r.collect = func() { forced++ }
		if err := r.capture(c.kind, "x"); err != nil {
			t.Fatal(err)
		}
		if forced != c.want {
			t.Errorf("%+v: %d collections forced", c, forced)
		}
	}
}

func TestProfilingOffStillGivesFigures(t *testing.T) {
	r := newRecorder(t, new(fakeMemory).set(99, 100), RecorderConfig{}) // no room is needed
	r.rate = 0
	if err := r.Capture("leak"); err != nil {
		t.Fatal(err)
	}
	c := r.Captures()[0]
	if got, _ := readSidecar(t, r, c); c.Profile != "" || !strings.Contains(got.Profile.Missing, "MemProfileRate is 0") {
		t.Errorf("capture %+v says %+v", c, got.Profile)
	}
	if got := r.Findings(); len(got) != 1 || got[0].State != finding.OK || !strings.Contains(got[0].Summary, "MemProfileRate") {
		t.Errorf("findings are %+v", got)
	}
	if got := values(r)["recorder.captures no_profile"]; got != 1 {
		t.Errorf("%v counted", got)
	}
}

// A directory that cannot be written is said at the start, not when the capture
// is needed, and not for ever.
func TestUnwritableDirectoryIsAFindingUntilItIsMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked := filepath.Join(t.TempDir(), "captures")
		if err := os.WriteFile(blocked, nil, 0o600); err != nil { // works as root too, unlike a mode
			t.Fatal(err)
		}
		r := startRecorder(t, new(fakeMemory), RecorderConfig{Dir: blocked})
		pass()
		found := r.Findings()
		if len(found) != 1 || found[0].Signal != "setup" || found[0].State != finding.Unknown ||
			!strings.HasPrefix(found[0].Summary, "Captures cannot be written: ") || !strings.Contains(found[0].Summary, blocked) {
			t.Fatalf("findings are %+v", found)
		}
		if err := r.Capture("leak"); err == nil || !strings.Contains(err.Error(), blocked) {
			t.Errorf("error is %v, want one that names the directory", err)
		}
		time.Sleep(30 * time.Minute) // the baseline fails, again and again
		if since := r.Findings()[0].Since; time.Since(since) < 29*time.Minute {
			t.Errorf("it says since %v", since)
		}
		if err := os.Remove(blocked); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if got := r.Findings(); len(got) > 0 {
			t.Errorf("mended, and findings are %+v", got)
		}
		if got := kinds(r); !slices.Equal(got, []string{CaptureBaseline}) {
			t.Errorf("mended, and there are %v, want the baseline that was due", got)
		}
	})
}

func TestVanishedDirectoryIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRecorder(t, new(fakeMemory), RecorderConfig{})
		time.Sleep(11 * time.Minute)
		if err := os.RemoveAll(r.config.Dir); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if err := r.Capture("leak"); err != nil {
			t.Error(err)
		}
		if got := kinds(r); !slices.Equal(got, []string{CaptureVerdict}) {
			t.Errorf("there are %v", got)
		}
		if got := r.Findings(); len(got) > 0 {
			t.Errorf("findings are %+v", got)
		}
	})
}

// A profile that cannot be written costs nothing that was recorded before, and
// the figures of the moment stay.
func TestFailedProfileKeepsFiguresAndOldCaptures(t *testing.T) {
	r := newRecorder(t, new(fakeMemory), RecorderConfig{MinInterval: 1})
	for i := range 3 {
		if err := r.capture(CaptureLimit70, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	r.profile = func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 100<<10))
		return syscall.ENOSPC
	}
	for range 9 {
		if err := r.capture(CaptureLimit80, "full"); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("error is %v, want that no space is left", err)
		}
	}
	profiles, bare := 0, 0
	for _, c := range r.Captures() {
		if c.Profile != "" {
			profiles++
			continue
		}
		bare++
		if got, _ := readSidecar(t, r, c); !strings.Contains(got.Profile.Missing, "no space left") {
			t.Errorf("the sidecar says %+v", got.Profile)
		}
	}
	if profiles != 3 || bare != 3 {
		t.Errorf("%d captures with and %d without a profile are left, want 3 and the latest 3", profiles, bare)
	}
	if got := r.Findings(); len(got) != 1 || got[0].Cause != "captures" {
		t.Errorf("findings are %+v", got)
	}
}

// What is kept is bounded even if the figures can never be written beside it.
func TestProfilesWithoutFiguresDoNotPileUp(t *testing.T) {
	r := newRecorder(t, new(fakeMemory), RecorderConfig{MaxFiles: 10})
	r.sidecar = newFixedBuffer(0) // nothing fits
	for range 15 {
		if err := r.capture(CaptureVerdict, "leak"); err == nil || !strings.Contains(err.Error(), "figures") {
			t.Fatalf("error is %v, want that the figures cannot be written", err)
		}
	}
	if got := len(r.Captures()); got > 10 {
		t.Errorf("%d captures are kept, and at most 10 files are to be", got)
	}
}

func TestCaptureLargerThanAllIsRefused(t *testing.T) {
	r := newRecorder(t, new(fakeMemory), RecorderConfig{MaxBytes: 1 << 20})
	r.profile = func(w io.Writer) error { _, err := w.Write(make([]byte, 1<<20)); return err }
	if err := r.Capture("leak"); !errors.Is(err, ringdir.ErrTooLarge) {
		t.Errorf("error is %v, want that it is too large", err)
	}
	if got := r.Captures(); len(got) != 1 || got[0].Profile != "" {
		t.Errorf("captures are %+v, want the figures alone", got)
	}
	if got := r.Findings(); len(got) != 1 || !strings.Contains(got[0].Advice, "MaxBytes") || strings.Contains(got[0].Advice, "writable") {
		t.Errorf("a directory that is well is to blame: %+v", got)
	}
}

// Near the limit there may be no memory to write the report with.
func TestLastWordsNeedNextToNoMemory(t *testing.T) {
	text := make([]byte, 100<<10)
	r := newRecorder(t, new(fakeMemory), RecorderConfig{MinInterval: 1, Report: func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}})
	least := ^uint64(0)
	for range 5 { // the least, as others allocate meanwhile
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := r.capture(CaptureLastWords, "x"); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	if least > 100<<10 {
		t.Errorf("figures and a report of 100 KiB allocate %d bytes", least)
	}
}

func TestFixedBufferNeverGrows(t *testing.T) {
	b := newFixedBuffer(1000)
	capacity := cap(b.bytes)
	for range 50 {
		if n, err := b.Write(make([]byte, 99)); n != 99 || err != nil {
			t.Fatalf("Write gives %d, %v", n, err)
		}
	}
	b.finish(errors.New(strings.Repeat("ä", 5000)))
	if cap(b.bytes) != capacity || len(b.bytes) > 1000+noteRoom {
		t.Errorf("it grew to %d of %d bytes", len(b.bytes), cap(b.bytes))
	}
	b.reset()
	if allocs := testing.AllocsPerRun(10, func() { b.reset(); _, _ = b.Write(make([]byte, 500)) }); allocs > 0 {
		t.Errorf("writing allocates %v times", allocs)
	}
}
