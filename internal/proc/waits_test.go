package proc

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// waitedByHand adds up the same figure with the means of package os.
func waitedByHand(t *testing.T) (total time.Duration, tasks int) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/schedstat")
	if err != nil || len(files) == 0 {
		t.Skip("no schedstat here", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		fields := strings.Fields(string(content))
		if err != nil || len(fields) < 2 {
			continue
		}
		waited, _ := strconv.ParseInt(fields[1], 10, 64)
		total += time.Duration(waited)
		tasks++
	}
	return total, tasks
}

func TestWaitsAgreeWithTheFiles(t *testing.T) {
	var w Waits
	before, _ := waitedByHand(t)
	if err := w.Read(); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	if w.Total != 0 || w.Tasks == 0 || w.Skipped != 0 {
		t.Errorf("at first the total is %v of %d threads, %d skipped; want 0 of some", w.Total, w.Tasks, w.Skipped)
	}
	crowd(50 * time.Millisecond)
	if err := w.Read(); err != nil {
		t.Fatal(err)
	}
	after, tasks := waitedByHand(t)
	if most := after - before; w.Total > most || w.Longest > w.Total {
		t.Errorf("threads waited %v, the longest %v; between the readings by hand it was %v", w.Total, w.Longest, most)
	}
	if w.Tasks > tasks+2 || w.Tasks < tasks-2 {
		t.Errorf("%d threads, by hand %d", w.Tasks, tasks)
	}
}

// crowd has more threads want a processor than there are, so that some wait.
func crowd(length time.Duration) {
	done := make(chan struct{})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2 * runtime.NumCPU()))
	n := 2 * runtime.NumCPU()
	for range n {
		go func() {
			for end := time.Now().Add(length); time.Now().Before(end); {
			}
			done <- struct{}{}
		}()
	}
	for range n {
		<-done
	}
}

func TestWaitsSeeACrowd(t *testing.T) {
	var w Waits
	if err := w.Read(); err != nil {
		t.Skip(err)
	}
	for range 20 {
		crowd(50 * time.Millisecond)
		if err := w.Read(); err != nil {
			t.Fatal(err)
		}
		if w.Total > 25*time.Millisecond {
			return
		}
	}
	t.Errorf("with twice as many busy threads as processors they waited for %v in a second", w.Total)
}

// Threads that end, begin, or take over a number must not make the sum fall or
// count twice.
func TestWaitsOverThreadsThatComeAndGo(t *testing.T) {
	var w Waits
	step := func(tasks ...task) time.Duration {
		w.Longest = 0
		for _, each := range tasks {
			w.add(each.id, each.waited)
		}
		w.turn()
		return w.Total
	}
	for i, c := range []struct {
		tasks []task
		want  time.Duration
	}{
		{[]task{{1, 100}, {2, 50}}, 0},          // what was before does not count
		{[]task{{1, 110}, {2, 50}}, 10},         // one waited
		{[]task{{1, 110}, {2, 55}, {3, 7}}, 22}, // one waited, one began
		{[]task{{1, 110}}, 22},                  // two ended
		{[]task{{1, 110}, {2, 4}}, 26},          // a new thread with an old number
		{[]task{{1, 90}, {2, 4}}, 116},          // the same from one reading to the next
	} {
		if got := step(c.tasks...); got != c.want {
			t.Errorf("step %d: total is %d, want %d", i, got, c.want)
		}
	}
}

func TestReadingsDoNotAllocate(t *testing.T) {
	var w Waits
	if err := w.Read(); err != nil {
		t.Skip(err)
	}
	stat := NewFile("/proc/stat", 256)
	n := testing.AllocsPerRun(20, func() {
		if w.Read() != nil {
			t.Error("waits cannot be read any more")
		}
		content, err := stat.Read()
		if err != nil {
			t.Error(err)
		}
		if _, err := ParseSteal(content); err != nil {
			t.Error(err)
		}
		if _, err := ReadUsage(); err != nil {
			t.Error(err)
		}
		if _, err := Suspended(); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("a reading allocates %v times, want 0", n)
	}
}

func TestFileReadsWhatOsReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	f := NewFile(path, 8)
	if _, err := f.Read(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("a missing file gives %v, want os.ErrNotExist with its name", err)
	}
	for _, text := range []string{"short", "longer than eight", ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Read(); err != nil || string(got) != text[:min(8, len(text))] {
			t.Errorf("%q reads as %q, error %v", text, got, err)
		}
	}
}

func TestSuspendedAgreesWithUptime(t *testing.T) {
	suspended, err := Suspended()
	if err != nil {
		t.Skip(err)
	}
	content, err := os.ReadFile("/proc/uptime")
	if err != nil {
		t.Skip(err)
	}
	up, err := strconv.ParseFloat(strings.Fields(string(content))[0], 64) // CLOCK_BOOTTIME: fs/proc/uptime.c
	if err != nil || suspended < 0 || suspended.Seconds() > up {
		t.Errorf("slept %v of %v s since boot (%v)", suspended, up, err)
	}
}

func TestSteal(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"cpu  846338 62469 230527 1080808 7125 0 4316 2142 0 0\ncpu0 1 2\n": 21420 * time.Millisecond, // as read on Linux 6.18
		"cpu 1 2 3 4 5 6 7 0":                       0,
		"cpu  1 2 3 4 5 6 7 18446744073709551615 0": -1,
	} {
		got, err := ParseSteal([]byte(text))
		if err != nil || want >= 0 && got != want || got < 0 {
			t.Errorf("%q gives %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "cpu", "cpu  1 2 3 4 5 6 7", "cpu0 1 2 3 4 5 6 7 8", "cpu a b c d e f g h", "\x00"} {
		if got, err := ParseSteal([]byte(text)); err == nil || !strings.Contains(err.Error(), "/proc/stat") {
			t.Errorf("%q gives %v, error %v; want an error with the name of the file", text, got, err)
		}
	}
}

func FuzzSteal(f *testing.F) {
	f.Add([]byte("cpu  846338 62469 230527 1080808 7125 0 4316 2142 0 0\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		steal, err := ParseSteal(content)
		if err != nil {
			return
		}
		if fields := strings.Fields(string(content)); steal < 0 || len(fields) < 9 {
			t.Errorf("%q gives %v", content, steal)
		}
	})
}

func FuzzSchedstat(f *testing.F) {
	f.Add([]byte("915217 655265 3\n"))
	f.Add([]byte("0 99999999999999999999 0"))
	f.Fuzz(func(t *testing.T, content []byte) {
		waited, err := parseSchedstat(content)
		if fields := strings.Split(string(content), " "); err == nil && (waited < 0 || len(fields) < 2) {
			t.Errorf("%q gives %v", content, waited)
		}
	})
}
