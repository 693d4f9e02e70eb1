package heap

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// crashDir tells the test binary that it is a child to be killed.
const crashDir = "GOVITALS_TEST_CRASH_DIR"

// TestCrashChild is not a test: the next one runs it in a process of its own,
// which writes captures for as long as it lives.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("runs as a child of TestKilledWhileWriting")
	}
	runtime.MemProfileRate = 1
	kept := manySites(7)
	runtime.MemProfileRate = 512 << 10
	r := newRecorder(t, new(fakeMemory), RecorderConfig{Dir: dir, MinInterval: 1, Report: func(w io.Writer) error {
		_, err := fmt.Fprint(w, strings.Repeat("a line of the report\n", 5000), "the end")
		return err
	}})
	r.profile, r.records = writeHeapProfile, profileRecords
	for i := 0; ; i++ {
		if err := r.capture(CaptureLastWords, "crash"); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			fmt.Println("the first one is written")
		}
		runtime.KeepAlive(kept)
	}
}

// manySites allocates with 2^depth different stacks.
func manySites(depth int) any {
	if depth == 0 {
		return new([64]byte)
	}
	return [2]any{manySites(depth - 1), manySites(depth - 1)}
}

// Processes that share a directory are killed in the middle of their writes.
// Whatever is visible must be whole.
func TestKilledWhileWriting(t *testing.T) {
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	dir := t.TempDir()
	torn := 0 // what the kills left behind
	for range rounds {
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() { killOne(t, dir) })
		}
		group.Wait()
		torn = lookAtAll(t, dir)
	}
	profiles, _ := filepath.Glob(filepath.Join(dir, "*.pb.gz"))
	if len(profiles) == 0 {
		t.Fatal("no profile was written at all")
	}
	t.Logf("%d profiles are whole; %d temporary files were left by the kills", len(profiles), torn)
	content, err := os.ReadFile(profiles[0])
	if err != nil {
		t.Fatal(err)
	}
	if top := openProfile(t, content); !strings.Contains(top, "heap.manySites") {
		t.Errorf("go tool pprof shows\n%s", top)
	}
}

// killOne lets a child write for a moment and kills it.
func killOne(t *testing.T, dir string) {
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Error(err)
		return
	}
	if err := child.Start(); err != nil {
		t.Error(err)
		return
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	time.Sleep(rand.N(30 * time.Millisecond)) // real time: the kill has to hit any moment of a write
	if err := child.Process.Kill(); err != nil {
		t.Errorf("the child ended by itself after %q: %v", line, err)
	}
	_ = child.Wait()
}

// lookAtAll checks each file that is visible and counts those that are not
// finished.
func lookAtAll(t *testing.T, dir string) (torn int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".tmp") {
			torn++
		} else if err := whole(filepath.Join(dir, entry.Name())); err != nil {
			t.Errorf("%s: %v", entry.Name(), err)
		}
	}
	return torn
}

// whole reports what is missing in a file of a capture.
func whole(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	switch {
	case strings.HasSuffix(path, ".json"):
		return json.Unmarshal(content, new(sidecar))
	case strings.HasSuffix(path, ".report.md"):
		if !strings.HasSuffix(string(content), "the end") {
			return fmt.Errorf("%d bytes, and the end is missing", len(content))
		}
		return nil
	}
	unzipped, err := gzip.NewReader(strings.NewReader(string(content)))
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, unzipped)
	if err == nil && n == 0 {
		return errors.New("nothing in it")
	}
	return err
}
