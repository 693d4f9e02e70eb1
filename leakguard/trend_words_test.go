package leakguard

import (
	"math"
	"strings"
	"testing"
)

// The words carry the figures, each in its unit, and stay short.
func TestTrendWords(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{Unit: "By", Limit: 1 << 30})
	unknownLoad(func(hour float64) float64 { return (200 + 10*hour) * (1 << 20) }).play(trend, 0, 24)
	why := trend.Verdict().Why
	text := strings.Join(why, "\n")
	for _, part := range []string{"grew 2", "MiB in 2", "reaches the limit of 1.00 GiB in 2d", "the load is not known", "at an age of 1d"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
	if len(why) > 6 || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("%d lines:\n%s", len(why), text)
	}
}

// Series without any noise divide by zero in every ratio.
func TestTrendWithoutNoise(t *testing.T) {
	t.Parallel()
	for _, perHour := range []float64{-1, 0, 1, 4} {
		trend := NewTrend(TrendConfig{})
		for minute := range 30 * 60 {
			trend.Add(day0.Add(minutes(minute)), 100+perHour*float64(minute)/60, 7)
		}
		v := trend.Verdict()
		if (v.State == Leaking) != (perHour > 0) || math.Abs(v.PerHour-perHour) > 1e-6 || strings.Contains(strings.Join(v.Why, ""), "NaN") {
			t.Errorf("%v at %v per hour, want %v: %q", v.State, v.PerHour, perHour, v.Why)
		}
		if why := strings.Join(v.Why, "\n"); strings.Contains(why, "  ") {
			t.Errorf("a blank too many: %s", why)
		}
	}
}

// Zero is a value like another: of open sessions there may be none.
func TestTrendZero(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{Unit: "{session}"})
	unknownLoad(func(hour float64) float64 { return max(0, 5*(hour-12)) }).play(trend, 0, 12)
	if v := trend.Verdict(); v.State != OK || v.PerHour != 0 {
		t.Errorf("%v at %v per hour: %q", v.State, v.PerHour, v.Why)
	}
	unknownLoad(func(hour float64) float64 { return max(0, 5*(hour-12)) }).play(trend, 12, 30)
	if v := trend.Verdict(); v.State != Leaking {
		t.Errorf("%v: %q", v.State, v.Why)
	}
}
