package leakguard

import (
	"testing"
	"time"
)

// leakWithClock lets one goroutine leak per minute from the first hour on, for as many
// minutes as told, by a clock that is set after some, and returns the minutes after
// which it was called a leak, and is no longer; 0 for never.
func leakWithClock(leaks, after int, by time.Duration) (called, over int, last []SiteVerdict) {
	p := newSim(1)
	p.add(&simSite{name: simName("parked"), lasts: simForEver, runs: simForEver, size: func(float64) float64 { return 50 }})
	leak := p.add(&simSite{name: simName("leak"), runs: simForEver})
	g, start := newGoroutines(GoroutinesConfig{}, p), time.Now()
	for minute := range 22 * 60 {
		p.advance(float64(minute), 10)
		if minute >= 60 && minute < 60+leaks {
			p.spawn(leak, 1)
		}
		at := start.Add(minutes(minute))
		if minute >= after {
			at = set(at, by)
		}
		g.Step(at)
		leaking := len(g.Verdicts()) > 0 && g.Verdicts()[0].State == Leaking
		switch {
		case leaking && called == 0:
			called = minute
		case !leaking && called > 0 && over == 0:
			over = minute
		}
		if leaking {
			last = g.Verdicts()
		}
	}
	return called, over, last
}

// What the clock of the wall does is no growth and no end of growth.
func TestGoroutinesWhileTheClockIsSet(t *testing.T) {
	t.Parallel()
	const years = 4 * 365 * 24 * time.Hour
	const leaks = 150
	wantCalled, wantOver, want := leakWithClock(leaks, 0, 0)
	if wantCalled == 0 || wantOver == 0 {
		t.Fatalf("with a good clock it is called a leak after %d minutes, and no longer after %d", wantCalled, wantOver)
	}
	for _, after := range []int{wantCalled - 10, wantOver - 60} {
		for _, by := range []time.Duration{years, -years, 7 * time.Hour, -7 * time.Hour} {
			called, over, got := leakWithClock(leaks, after, by)
			if called != wantCalled || over != wantOver {
				t.Errorf("set by %v: a leak after %d minutes and until %d, want %d and %d", by, called, over, wantCalled, wantOver)
			} else if since := got[0].Since.Sub(want[0].Since); (since - by).Abs() > time.Minute {
				t.Errorf("set by %v: it leaks since a time that is %v off", by, since)
			}
		}
	}
}
