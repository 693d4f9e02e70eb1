package statefile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func newFile(t *testing.T) File {
	t.Helper()
	return File{Path: filepath.Join(t.TempDir(), "state.json"), MaxBytes: 100}
}

func TestWhatIsSavedIsLoaded(t *testing.T) {
	f := newFile(t)
	if content, err := f.Load(); content != nil || err != nil {
		t.Errorf("without a file: %q, %v", content, err)
	}
	for _, want := range []string{"first", "second, which is longer", "3"} {
		if err := f.Save([]byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Load(); string(got) != want || err != nil {
			t.Errorf("loaded %q, %v; want %q", got, err, want)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(f.Path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the directory: %v, %v", entries, err)
	}
}

func TestFileIsPrivate(t *testing.T) {
	f := newFile(t)
	if err := f.Save([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(f.Path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v: others may read it", info.Mode(), err)
	}
}

func TestTooLargeFileIsRefused(t *testing.T) {
	f := newFile(t)
	if err := os.WriteFile(f.Path, bytes.Repeat([]byte("x"), 101), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(); err == nil || !strings.Contains(err.Error(), f.Path) {
		t.Errorf("error is %v, want one that names the file", err)
	}
}

func TestSetAsideKeepsTheContent(t *testing.T) {
	f := newFile(t)
	if err := f.Save([]byte("garbage")); err != nil {
		t.Fatal(err)
	}
	aside, err := f.SetAside()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(aside); string(got) != "garbage" || err != nil {
		t.Errorf("set aside: %q, %v", got, err)
	}
	if content, err := f.Load(); content != nil || err != nil {
		t.Errorf("after SetAside: %q, %v", content, err)
	}
}

func TestMissingDirectoryIsAnErrorThatNamesIt(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "gone", "state"), MaxBytes: 10}
	if err := f.Save([]byte("x")); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("error is %v, want one that names the directory", err)
	}
}

func TestReadersSeeWholeContentOnly(t *testing.T) {
	f := newFile(t)
	var group sync.WaitGroup
	for _, letter := range []string{"a", "b"} {
		group.Go(func() {
			for range 50 {
				if err := f.Save([]byte(strings.Repeat(letter, 90))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 200 {
		content, err := f.Load()
		if err != nil || len(content) > 0 && strings.Trim(string(content), string(content[:1])) != "" {
			t.Fatalf("half written: %q, %v", content, err)
		}
	}
	group.Wait()
}

// A path that is wrong by a word must not cost more than the state.
func TestWhatIsNoRegularFileIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	accounts, null := filepath.Join(dir, "app", "accounts"), filepath.Join(dir, "null")
	if err := os.Mkdir(filepath.Dir(accounts), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(accounts, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	paths := []string{filepath.Dir(accounts)}
	if err := os.Symlink(os.DevNull, null); err == nil { // not everybody may, on Windows
		paths = append(paths, null)
	}
	for _, path := range paths {
		f := File{Path: path, MaxBytes: 100}
		_, load := f.Load()
		_, aside := f.SetAside()
		for what, err := range map[string]error{"Load": load, "SetAside": aside, "Save": f.Save([]byte("x"))} {
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s of %s gives %v, want an error that names it", what, path, err)
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if got, err := os.ReadFile(accounts); string(got) != "precious" {
		t.Errorf("what was in the directory is %q, %v", got, err)
	}
}
