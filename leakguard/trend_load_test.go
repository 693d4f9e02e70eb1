package leakguard

import (
	"math"
	"testing"
)

// late is memory that follows the load of a day so many minutes later, and leaks.
func late(minutes, perHour float64) series {
	return func(minute float64) (float64, float64) {
		return 50 + 50*wave((minute-minutes)/60) + perHour*minute/60, 1000 * wave(minute/60)
	}
}

// Memory that comes after the load rises while the load falls: neither the half
// day at which it looks most like a leak nor any other hour may call it one.
func TestTrendLateLoad(t *testing.T) {
	t.Parallel()
	for _, delay := range []float64{15, 40} {
		healthy, leaky := NewTrend(TrendConfig{}), NewTrend(TrendConfig{})
		for hour := 0.0; hour < 72; hour++ {
			late(delay, 0).play(healthy, hour, hour+1)
			late(delay, 1).play(leaky, hour, hour+1)
			if v := healthy.Verdict(); hour > 12 && v.State.Worse(OK) {
				t.Errorf("%v minutes late: %v after %v hours: %q", delay, v.State, hour, v.Why)
			}
		}
		if v := leaky.Verdict(); v.State != Leaking || math.Abs(v.PerHour-1) > 0.15 {
			t.Errorf("%v minutes late: %v at %.2f per hour, want a leak of 1: %q", delay, v.State, v.PerHour, v.Why)
		}
	}
}

// The flank of the second day is as high as that of the first; a leak is not, nor
// is a leak on top of the day.
func TestTrendSecondDay(t *testing.T) {
	t.Parallel()
	for perHour, want := range map[float64]bool{0: true, 4: false} {
		trend := NewTrend(TrendConfig{})
		unknownLoad(func(hour float64) float64 { return 50 + 50*wave(hour) + perHour*hour }).play(trend, 0, 32)
		var e evidence
		e.examine(trend, 3, withShape)
		if e.growth() < 0.1 || trend.isDaily(&e) != want {
			t.Errorf("grew %.2f in the morning of the second day, with a leak of %v: daily is %v", e.growth(), perHour, !want)
		}
	}
}

// A regime that was announced does not cost the time that a warm-up takes: lives
// of five hours between changes of GOGC are enough, those of processes are not.
func TestTrendRegimeIsNoRestart(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	for life := range 6 {
		from := 5 * float64(life)
		unknownLoad(func(hour float64) float64 { return 100 + 2*hour + 10*float64(life%2) }).play(trend, from, from+5)
		trend.Regime()
	}
	if v := trend.Verdict(); v.State != Leaking || math.Abs(v.PerHour-2) > 0.3 {
		t.Errorf("%v at %.2f per hour, want a leak of 2: %q", v.State, v.PerHour, v.Why)
	}
}
