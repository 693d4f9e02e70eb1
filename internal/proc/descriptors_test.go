package proc

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestDescriptorsCountsWhatIsOpened(t *testing.T) {
	before, err := Descriptors()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for range 50 {
		file, err := os.CreateTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
	}
	after, err := Descriptors()
	if err != nil || after-before != 50 {
		t.Errorf("50 files opened, counted %d to %d (%v)", before, after, err)
	}
	kinds, err := DescriptorKinds(10_000)
	if real, _ := filepath.EvalSymlinks(dir); err != nil || kinds["files in "+real] != 50 {
		t.Errorf("kinds are %v (%v), want 50 files in %s", kinds, err, dir)
	}
	if limit, err := DescriptorLimit(); err != nil || limit < uint64(after) {
		t.Errorf("limit is %d (%v), with %d open", limit, err, after)
	}
}

func TestDescriptorListNamesWhatIsOpen(t *testing.T) {
	before, err := DescriptorList(10_000)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := filepath.EvalSymlinks(t.TempDir())
	file, err := os.Create(filepath.Join(dir, "open"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	after, err := DescriptorList(10_000)
	if want := (Descriptor{int(file.Fd()), file.Name()}); err != nil || len(after)-len(before) != 1 || !slices.Contains(after, want) {
		t.Errorf("one file opened: %d and then %d descriptors (%v), want one more: %+v", len(before), len(after), err, want)
	}
	if count, err := Descriptors(); err != nil || count != len(after) {
		t.Errorf("%d are listed, %d counted (%v)", len(after), count, err)
	}
	if some, err := DescriptorList(2); err != nil || len(some) != 2 {
		t.Errorf("asked for two, got %+v (%v)", some, err)
	}
}

func TestKindsOfDescriptorsAreFew(t *testing.T) {
	for target, want := range map[string]string{
		"socket:[4711]": "socket", "pipe:[12]": "pipe", "anon_inode:[eventpoll]": "anon_inode:[eventpoll]",
		"anon_inode:inotify": "anon_inode:inotify", "/var/log/app.log": "files in /var/log", "/dev/null": "files in /dev",
		"/tmp/x (deleted)": "files in /tmp", "": "", "net:[4026531840]": "net",
	} {
		if got := (Descriptor{Target: target}).Kind(); got != want {
			t.Errorf("%q is of the kind %q, want %q", target, got, want)
		}
	}
}
