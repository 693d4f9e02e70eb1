package proc

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// vmRSS reads the same figure from /proc/self/status, in bytes.
func vmRSS(t *testing.T) float64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); fields[0] == "VmRSS:" {
			kib, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib * 1024
		}
	}
	t.Skip("/proc/self/status has no VmRSS")
	return 0
}

func TestRSSAgreesWithStatus(t *testing.T) {
	rss, err := RSS()
	if errors.Is(err, errors.ErrUnsupported) && runtime.GOOS != "linux" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if want := vmRSS(t); math.Abs(float64(rss)-want) > 0.2*want {
		t.Errorf("RSS is %d, /proc/self/status says %.0f", rss, want)
	}
}

func TestGarbageIsSaid(t *testing.T) {
	for _, statm := range []string{"", "1", "a b c", "1 -2 3", "1 99999999999999999999999 3", "\x00 \x00"} {
		if pages, err := residentPages(statm); err == nil || !strings.Contains(err.Error(), "statm") {
			t.Errorf("%q gives %d pages and error %v, want an error that names the file", statm, pages, err)
		}
	}
	if bytes, err := bytesOf(math.MaxUint64/2, 4096); err == nil {
		t.Errorf("impossibly many pages give %d bytes, want an error", bytes)
	}
}

func FuzzStatm(f *testing.F) {
	f.Add("311934 4213 2402 1026 0 21433 0\n") // as read from a small process
	f.Add("0 0 0 0 0 0 0")
	f.Add("1 18446744073709551615")
	f.Fuzz(func(t *testing.T, statm string) {
		pages, err := residentPages(statm)
		if err != nil {
			return
		}
		if bytes, err := bytesOf(pages, 4096); err == nil && (bytes%4096 != 0 || bytes/4096 != pages) {
			t.Errorf("%d pages are %d bytes", pages, bytes)
		}
	})
}

func TestFilesAreThoseOfTheSystem(t *testing.T) {
	own, err := os.Executable()
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("needs Linux", err)
	}
	long := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(long, []byte(strings.Repeat("0123456789", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{own, long, "/proc/self/mountinfo", "/proc/self/cgroup", "/proc/version"} {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Skip(err)
		}
		got, err := fs.ReadFile(Files(), strings.TrimPrefix(path, "/"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, error %v; want %d bytes", path, len(got), err, len(want))
		}
	}
	if _, err := fs.ReadFile(Files(), "proc/self/nothing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v, want fs.ErrNotExist", err)
	}
	for _, name := range []string{"/proc/version", "../proc/version"} {
		if _, err := fs.ReadFile(Files(), name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s gives %v, want fs.ErrInvalid", name, err)
		}
	}
	if _, err := fs.ReadFile(Files(), "proc/self"); err == nil {
		t.Error("a directory gives no error")
	}
}
