package heap

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// openProfile has go tool pprof list a profile.
func openProfile(t *testing.T, profile []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "heap.pb.gz")
	if err := os.WriteFile(file, profile, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "pprof", "-top", "-unit=MB", file).CombinedOutput()
	if err != nil {
		t.Fatalf("go tool pprof: %v\n%s", err, out)
	}
	return string(out)
}

// retainAfter is another place that allocates.
//
//go:noinline
func retainAfter(n int) [][]byte {
	kept := make([][]byte, n)
	for i := range kept {
		kept[i] = make([]byte, 1<<20)
	}
	return kept
}

func TestDifferenceIsSignedAndNamesWhatCame(t *testing.T) {
	before := retain(64)
	collect()
	h := Handler(HandlerConfig{}) // its baseline is now
	runtime.KeepAlive(before)
	before = nil
	after := retainAfter(32)
	collect()
	top := openProfile(t, get(t, h, "?since=baseline").Body.Bytes())
	// Sampling errs by some MB: 10 and 14 are more than four standard deviations.
	if !regexp.MustCompile(`(?m)^ *(2[2-9]|3\d|4[0-2])(\.\d+)?MB.*heap\.retainAfter$`).MatchString(top) {
		t.Errorf("32 MiB came on top:\n%s", top)
	}
	if !regexp.MustCompile(`(?m)^ *-(5\d|6\d|7[0-8])(\.\d+)?MB.*heap\.retain$`).MatchString(top) {
		t.Errorf("64 MiB went away:\n%s", top)
	}
	for format, words := range map[string]string{"folded": "heap.retainAfter ", "svg": "retainAfter"} {
		if w := get(t, h, "?since=baseline&format="+format); !strings.Contains(w.Body.String(), words) {
			t.Errorf("%s does not show what came:\n%.500s", format, w.Body)
		}
	}
	runtime.KeepAlive(after)
}

func TestPictureOfTheWholeHeap(t *testing.T) {
	kept := retain(32)
	collect()
	w := get(t, Handler(HandlerConfig{}), "?format=svg")
	if w.Header().Get("Content-Type") != "image/svg+xml" || !strings.Contains(w.Body.String(), "heap.retain") {
		t.Errorf("%s:\n%.500s", w.Header().Get("Content-Type"), w.Body)
	}
	if err := xml.Unmarshal(w.Body.Bytes(), new(struct{})); err != nil {
		t.Error(err)
	}
	runtime.KeepAlive(kept)
}

func TestSecondsShowsWhatChangesMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := make(chan [][]byte, 1)
		h := Handler(HandlerConfig{})
		go func() {
			time.Sleep(5 * time.Second)
			kept <- retainAfter(16)
			collect()
		}()
		top := openProfile(t, get(t, h, "?seconds=10").Body.Bytes())
		if !strings.Contains(top, "heap.retainAfter") {
			t.Errorf("what came within the 10 s is not there:\n%s", top)
		}
		runtime.KeepAlive(<-kept)
	})
}
