package leakguard

import (
	"os"
	"path/filepath"
	"strings"
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
