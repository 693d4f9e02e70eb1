package heap

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that is really full, as far as this machine lets a test make one.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=0700"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	r := newRecorder(t, new(fakeMemory), RecorderConfig{Dir: dir, MinInterval: 1})
	r.profile = func(w io.Writer) error {
		_, err := w.Write(make([]byte, 60<<10))
		return err
	}
	if err := r.Capture("there is room"); err != nil {
		t.Fatal(err)
	}
	before := r.Captures()
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk gives %v", err)
	}
	if err := r.Capture("the disk is full"); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error is %v, want that no space is left in %s", err, dir)
	}
	if after := r.Captures(); len(after) != 1 || after[0] != before[0] {
		t.Errorf("captures are %+v, want %+v", after, before)
	}
	if got := r.Findings(); len(got) != 1 || !strings.Contains(got[0].Summary, "no space left") {
		t.Errorf("findings are %+v", got)
	}
	if entries, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(entries) > 0 {
		t.Errorf("unfinished files are left: %v", entries)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := r.Capture("there is room again"); err != nil || len(r.Findings()) > 0 {
		t.Errorf("with room again: %v, %+v", err, r.Findings())
	}
}

// The same for a file system that may only be read.
func TestReadOnlyDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_RDONLY, "size=64k"); err != nil {
		t.Skipf("a file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	r := newRecorder(t, new(fakeMemory), RecorderConfig{Dir: dir})
	if err := r.Capture("x"); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("error is %v, want that it is read-only", err)
	}
	if got := r.Findings(); len(got) != 1 || got[0].Cause != "captures" {
		t.Errorf("findings are %+v", got)
	}
}
