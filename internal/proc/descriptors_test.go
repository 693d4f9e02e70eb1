package proc

import (
	"errors"
	"os"
	"path/filepath"
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
