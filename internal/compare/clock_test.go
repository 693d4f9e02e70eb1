package compare

import (
	"strings"
	"testing"
	"time"
)

// byClock is a side over an hour of a Prometheus, a point a minute from one on.
func byClock(from int, uptime, warmUp float64) Side {
	s := Side{HasFigures: true, ByClock: true, Uptime: uptime, WarmUp: warmUp}
	for minute := from; minute <= 60; minute++ {
		m := float64(minute)
		s.Points = append(s.Points, Point{Age: 60 * m, CPU: m, Collections: 10 * m, Live: 50 << 20, Goroutines: 20, Series: 500})
	}
	return s
}

// By the clock an age is no moment of the window: processes that are days old have no
// warm-up in it, and a young one is not said to be in it for longer than it lives.
func TestByClockWarmUpIsAMoment(t *testing.T) {
	old := byClock(1, 1e6, 0)
	if r := Compare(old, old, Options{WarmUp: 2 * time.Hour}); r.Verdict != Same || r.FromSeconds != 60 {
		t.Errorf("two that are days old are compared from %v s of the window on: %s", r.FromSeconds, r.Summary)
	}
	for _, minutes := range []float64{4, 9, 13} {
		began := 3600 - 60*minutes
		r := Compare(byClock(int(began/60)+1, 60*minutes, began+600), old, Options{})
		if r.Verdict != CannotTell || !strings.Contains(r.Summary, "seen together, after warm-up, for ") || strings.Contains(r.Summary, "1h") {
			t.Errorf("after %v minutes: %s", minutes, r.Summary)
		}
	}
}
