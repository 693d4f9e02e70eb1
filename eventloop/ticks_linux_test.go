package eventloop

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOneDescriptorAndNoMore(t *testing.T) {
	before := timerfds(t)
	p := newProbe(t, Config{})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Snapshot().Mode != Netpoll {
		t.Skip("the kernel refuses a timerfd")
	}
	if err := p.Start(t.Context()); err == nil {
		t.Error("a second Start gives no error")
	}
	if got := timerfds(t) - before; got != 1 {
		t.Errorf("%d descriptors after two calls of Start, want 1", got)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if got := timerfds(t) - before; got != 0 {
		t.Errorf("%d descriptors after Close, want none", got)
	}
}

// timerfds counts the descriptors of this process that are timers.
func timerfds(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	for _, e := range entries {
		if to, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.Contains(to, "timerfd") {
			n++
		}
	}
	return n
}

// The kernel's deadlines must be ours: a tick that is handled early or with another
// clock would show as a lag that is negative or large.
func TestDeadlinesAreThoseOfOurClock(t *testing.T) {
	begin := time.Now()
	since := func() time.Duration { return time.Since(begin) }
	src, err := openTimerfd(since)
	if err != nil {
		t.Skip(err)
	}
	defer src.close()
	early := 0
	for range 20 {
		due := since() + 2*ms
		if err := src.arm(due, time.Hour); err != nil {
			t.Fatal(err)
		}
		if n, err := src.wait(); err != nil || n != 1 {
			t.Fatalf("%d ticks, %v", n, err)
		}
		if since() < due-50*time.Microsecond {
			early++
		}
	}
	if early > 0 {
		t.Errorf("%d of 20 ticks came before they were due", early)
	}
}

func TestARearmedTimerForgetsWhatHasPassed(t *testing.T) {
	begin := time.Now()
	since := func() time.Duration { return time.Since(begin) }
	src, err := openTimerfd(since)
	if err != nil {
		t.Skip(err)
	}
	defer src.close()
	if err := src.arm(since()-100*ms, 10*ms); err != nil {
		t.Fatal(err)
	}
	if n, err := src.wait(); err != nil || n < 11 {
		t.Errorf("of deadlines since 100 ms ago %d have passed, %v; want 11 or a few more", n, err)
	}
	if err := src.arm(since()-100*ms, 10*ms); err != nil {
		t.Fatal(err)
	}
	if err := src.arm(since()+5*ms, time.Hour); err != nil {
		t.Fatal(err)
	}
	if n, err := src.wait(); err != nil || n != 1 {
		t.Errorf("%d deadlines, %v; want the new one alone", n, err)
	}
}

const asChild = "GOVITALS_EVENTLOOP_CHILD"

// TestStoppedChild is the process that TestAProcessThatWasStopped stops.
func TestStoppedChild(t *testing.T) {
	if os.Getenv(asChild) == "" {
		t.Skip("it has nothing to do by itself")
	}
	p := newProbe(t, Config{IdlePeriod: 10 * ms})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	fmt.Println("READY")
	var line string
	_, _ = fmt.Scanln(&line)
	s := p.Snapshot()
	for range 400 { // the tick of the stall may come after the line, and is counted after it is recorded
		if s.Max > 100*ms && s.Ticks > 0 {
			break
		}
		time.Sleep(5 * ms)
		s = p.Snapshot()
	}
	fmt.Printf("SAW %d %d %d\n", s.Max, s.Ticks, s.Elapsed)
}

func TestAProcessThatWasStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("it stops a process for 300 ms")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a child that hangs would hold up all tests
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestStoppedChild$", "-test.v")
	cmd.Env = append(os.Environ(), asChild+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	lineOf(t, lines, "READY")
	before := time.Now()
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(300 * ms)
	stopped := time.Since(before) // at least this much of it, unless the signal took long
	_ = cmd.Process.Signal(syscall.SIGCONT)
	_, _ = in.Write([]byte("\n"))
	saw := lineOf(t, lines, "SAW")
	var longest, elapsed time.Duration
	var ticks int
	if _, err := fmt.Sscanf(saw, "SAW %d %d %d", &longest, &ticks, &elapsed); err != nil {
		t.Fatalf("%v: %q", err, saw)
	}
	if longest < stopped*3/4 || longest > 2*stopped+200*ms {
		t.Errorf("stopped for %v, the probe saw %v", stopped, longest)
	}
	if want := int(elapsed / (10 * ms)); ticks < want*2/3 || ticks > want+1 {
		t.Errorf("%d ticks in %v, want one each 10ms", ticks, elapsed)
	}
}

// lineOf returns the next line that begins with a word.
func lineOf(t *testing.T, lines *bufio.Scanner, word string) string {
	t.Helper()
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), word) {
			return lines.Text()
		}
	}
	t.Fatalf("the child never said %s", word)
	return ""
}
