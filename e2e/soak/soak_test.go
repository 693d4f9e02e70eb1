package soak_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/vitals"
)

var length = flag.Duration("soak", 24*time.Second, "how long TestSoak runs the service")

// usage is what the kernel and the service say of it at a moment.
type usage struct {
	anonymous, live             float64 // bytes
	goroutines, files, captured float64
	state                       string
}

// TestSoak runs the service under load, with a scraper and a viewer. From the
// second quarter of the time to the last, nothing that it holds may have grown.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	var all []usage
	ticker := time.NewTicker(max(time.Second, *length/600))
	defer ticker.Stop()
	for began := time.Now(); time.Since(began) < *length; <-ticker.C {
		u := s.usage()
		if u.state == "leak" || u.state == "suspect" {
			t.Fatalf("after %v the service is called %s: %s", time.Since(began), u.state, s.report())
		}
		all = append(all, u)
	}
	n := len(all)
	before, after := all[n/4:n/2], all[n*3/4:]
	for _, figure := range []struct {
		name  string
		of    func(usage) float64
		share float64 // that it may grow by
		least float64
	}{
		{"anonymous memory", func(u usage) float64 { return u.anonymous }, 0.1, 4 << 20},
		{"live memory", func(u usage) float64 { return u.live }, 0.1, 2 << 20},
		{"goroutines", func(u usage) float64 { return u.goroutines }, 0, 3},
		{"open files", func(u usage) float64 { return u.files }, 0, 3},
	} {
		was, is := floor(before, figure.of), floor(after, figure.of)
		t.Logf("%s: %.0f in the second quarter, %.0f in the last", figure.name, was, is)
		if is > was*(1+figure.share)+figure.least {
			t.Errorf("%s grew from %.0f to %.0f", figure.name, was, is)
		}
	}
	last := all[n-1]
	t.Logf("captures: %.0f bytes; the last verdict: %s", last.captured, last.state)
	if last.captured > 256<<20 {
		t.Errorf("%.0f bytes of captures", last.captured)
	}
	if report := s.report(); *length > 10*time.Minute && report.State != finding.OK && !hostIsBusy(report) {
		t.Errorf("the last verdict is %s: %s", report.State, report)
	}
}

// hostIsBusy reports whether all that is wrong is that the host gives its processors
// to others: that is said rightly of a service in good order.
func hostIsBusy(report vitals.Report) bool {
	for _, f := range report.Findings {
		if f.State > finding.OK && (f.State != finding.Lagging || f.Cause != string(eventloop.CauseHostContention)) {
			return false
		}
	}
	return true
}

// floor is the lowest value of a figure: what garbage and requests come on top of.
func floor(of []usage, figure func(usage) float64) float64 {
	values := make([]float64, len(of))
	for i, u := range of {
		values[i] = figure(u)
	}
	return slices.Min(values)
}

func (s *service) usage() usage {
	s.t.Helper()
	proc := filepath.Join("/proc", strconv.Itoa(s.command.Process.Pid))
	files, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		s.t.Skipf("it needs /proc: %v", err)
	}
	return usage{
		anonymous: anonymous(s.t, proc), files: float64(len(files)), captured: float64(size(s.captures)),
		live: s.metric("govitals_heap_live_bytes"), goroutines: s.metric(`govitals_signal_value{signal="goroutines"`), state: s.report().State.String(),
	}
}

// anonymous is the resident memory that no file backs.
func anonymous(t *testing.T, proc string) float64 {
	t.Helper()
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "RssAnon:"); found {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib * 1024
		}
	}
	t.Skip("it needs RssAnon in /proc/PID/status")
	return 0
}

// size is how many bytes a directory holds.
func size(dir string) (bytes int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}
