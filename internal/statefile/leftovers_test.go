package statefile

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLeftoversOfKilledProcessesGo(t *testing.T) {
	f := newFile(t)
	if err := f.Save([]byte("kept")); err != nil {
		t.Fatal(err)
	}
	old, recent := f.Path+".123.tmp", f.Path+".456.tmp"
	foreign := []string{f.Path + ".notes.tmp", f.Path + ".unusable", filepath.Join(filepath.Dir(f.Path), "other.json.1.tmp")}
	for _, path := range append(foreign, old, recent) {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if path != recent {
			hourAgo := time.Now().Add(-time.Hour)
			if err := os.Chtimes(path, hourAgo, hourAgo); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.RemoveLeftovers()
	if _, err := os.Stat(old); err == nil {
		t.Error("a file that nobody writes any more is still there")
	}
	for _, path := range append(foreign, recent, f.Path) {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%v: it was not to be removed", err)
		}
	}
}
