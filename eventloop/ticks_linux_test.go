package eventloop

import (
	"os"
	"strings"
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

// openedTimerfd returns a timerfd and the clock that it goes by.
func openedTimerfd(t *testing.T) (source, func() time.Duration) {
	t.Helper()
	begin := time.Now()
	since := func() time.Duration { return time.Since(begin) }
	src, err := openTimerfd(since)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(src.close)
	return src, since
}

// The kernel's deadlines must be ours: a tick that is handled early or with another
// clock would show as a lag that is negative or large.
func TestDeadlinesAreThoseOfOurClock(t *testing.T) {
	src, since := openedTimerfd(t)
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
	src, since := openedTimerfd(t)
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
