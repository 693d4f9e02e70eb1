package leakguard

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A disk that is full for an hour is one matter, and none once there is room.
func TestSavesThatFailAreSaidOnceAndUntilOneSucceeds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not made yet")
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond, File: filepath.Join(dir, "trends")}, func(t *testing.T, d *Detector) {
		_ = d.Watch(constant("sessions", 100))
		said := func() (n int) {
			for _, f := range d.Findings() {
				if strings.Contains(f.Summary, "cannot be kept over a restart") {
					n++
				}
			}
			return n
		}
		time.Sleep(5*time.Minute + time.Second)
		if n := said(); n != 1 {
			t.Errorf("said %d times that trends cannot be kept, want once: %+v", n, d.Findings())
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if n := said(); n != 0 {
			t.Errorf("they are kept again, and it is still said: %+v", d.Findings())
		}
	})
}

// A file that cannot be read today, of a disk that does not answer, may be read by the
// next process. It is set aside when there is something to put in its place.
func TestStateFileThatCannotBeReadStays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trends")
	if err := os.Symlink(file, file); err != nil { // too many links, which root may not read either
		t.Skip(err)
	}
	isLink := func(path string) bool {
		info, err := os.Lstat(path)
		return err == nil && info.Mode().Type() == os.ModeSymlink
	}
	d := newDetector(t, DetectorConfig{File: file})
	if said := fmt.Sprint(d.Findings()); !strings.Contains(said, "cannot be read") || !isLink(file) {
		t.Fatalf("it is said: %s, there is the file: %v", said, isLink(file))
	}
	d.save(t.Context())
	if said := d.Findings(); len(said) > 0 || isLink(file) || !isLink(file+".unusable") {
		t.Errorf("after a save: %+v, was it replaced: %v, is it aside: %v", said, !isLink(file), isLink(file+".unusable"))
	}
}

// Another process that shared the file for a while is no matter once it has gone.
func TestOtherProcessIsForgottenWhenItHasGone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trends")
	mine, other := newDetector(t, DetectorConfig{File: file}), newDetector(t, DetectorConfig{File: file})
	for range takeover + 2 {
		mine.save(t.Context())
		other.save(t.Context())
	}
	if said := fmt.Sprint(mine.Findings()); !strings.Contains(said, "another process keeps its trends") {
		t.Fatalf("it is said: %s", said)
	}
	mine.save(t.Context())
	mine.save(t.Context())
	if said := mine.Findings(); len(said) > 0 {
		t.Errorf("the other has gone, and it is still said: %+v", said)
	}
	for range 10 * takeover { // one that comes and goes, as a deploy does
		other.save(t.Context())
		mine.save(t.Context())
		mine.save(t.Context())
	}
	if said := mine.Findings(); len(said) > 0 {
		t.Errorf("it is said: %+v", said)
	}
}

func TestUnusableStateFileIsSetAside(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		aside   bool
	}{
		"garbage":         {"\x00\x01", true},
		"another version": {`{"version":99}`, true},
		"broken trend":    {`{"version":1,"trends":{"heap":"AAAA"}}`, false}, // the others are of use
	} {
		file := filepath.Join(t.TempDir(), "trends.json")
		if err := os.WriteFile(file, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		d := newDetector(t, DetectorConfig{File: file})
		_ = d.Watch(constant("heap", 1))
		d.save(t.Context())
		said := strings.Contains(fmt.Sprint(d.Findings()), "trends of the former life cannot be used")
		kept, _ := os.ReadFile(file + ".unusable")
		if said != test.aside || (string(kept) == test.content) != test.aside {
			t.Errorf("%s: findings are %+v, set aside was %q", name, d.Findings(), kept)
		}
		if next := newDetector(t, DetectorConfig{File: file}); len(next.former) != 1 {
			t.Errorf("%s: the next life finds %d trends, want 1", name, len(next.former))
		}
	}
}

// Two processes that share a file do not damage it, and are told.
func TestTwoProcessesWithOneFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trends.json")
	writer := func(signal string) *Detector {
		d := newDetector(t, DetectorConfig{File: file})
		_ = d.Watch(constant(signal, 1))
		d.watchers[0].note(time.Now(), Reading{Value: 1}, nil)
		return d
	}
	a, b := writer("mine"), writer("yours")
	var group sync.WaitGroup
	for _, d := range []*Detector{a, b} {
		group.Go(func() {
			for range 20 {
				d.save(t.Context())
			}
		})
	}
	for range 50 {
		if d := newDetector(t, DetectorConfig{File: file}); len(d.Findings()) > 0 {
			t.Fatalf("while both write: %+v", d.Findings())
		}
	}
	group.Wait()
	for range takeover + 2 {
		a.save(t.Context())
		b.save(t.Context())
	}
	for _, d := range []*Detector{a, b} {
		if said := fmt.Sprint(d.Findings()); !strings.Contains(said, "another process keeps its trends in "+file) {
			t.Errorf("one of the two is not told: %s", said)
		}
	}
	next := newDetector(t, DetectorConfig{File: file})
	if _, there := next.former["yours"]; !there || len(next.former) != 1 {
		t.Errorf("the last to write was b, found are %d trends", len(next.former))
	}
}

// When a process takes over from another, both have the file for a moment.
func TestTakingOverIsNotWorthAWord(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trends.json")
	old, next := newDetector(t, DetectorConfig{File: file}), newDetector(t, DetectorConfig{File: file})
	for range takeover {
		next.save(t.Context())
		old.save(t.Context())
	}
	for range 5 {
		next.save(t.Context())
	}
	if said := next.Findings(); len(said) > 0 {
		t.Errorf("it is said: %+v", said)
	}
}

// A signal may be watched late, and its process be killed before.
func TestTrendsOfSignalsStillToComeAreKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trends.json")
	first := newDetector(t, DetectorConfig{File: file})
	_ = first.Watch(constant("early", 1), constant("late", 1))
	first.save(t.Context())
	second := newDetector(t, DetectorConfig{File: file})
	_ = second.Watch(constant("early", 1))
	second.save(t.Context())
	third := newDetector(t, DetectorConfig{File: file})
	if third.former["late"] == nil || third.former["early"] == nil {
		t.Errorf("found are the trends of %d signals, want 2", len(third.former))
	}
}

// A path that names no file is left alone: renaming it could take a directory
// away from the program, and opening a pipe could block it.
func TestStateFileThatIsNone(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "precious")
	if err := os.WriteFile(inside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDetector(t, DetectorConfig{File: dir})
	_ = d.Watch(constant("a", 1))
	d.save(t.Context())
	if said := fmt.Sprint(d.Findings()); !strings.Contains(said, dir+" is not a regular file") {
		t.Errorf("it is said: %s", said)
	}
	if _, err := os.Stat(inside); err != nil {
		t.Error(err)
	}
}
