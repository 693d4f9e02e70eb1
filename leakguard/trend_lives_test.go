package leakguard

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// shortLives makes a trend of three days of lives that warm up within tau minutes to
// 300 and leak so much per hour; every life begins with what the last one saved.
func shortLives(t *testing.T, seed uint64, hours int, tau, perHour float64) *Trend {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	trend := NewTrend(TrendConfig{})
	for minute := range 72 * 60 {
		age := float64(minute % (hours * 60))
		if age == 0 && minute > 0 {
			saved, _ := trend.MarshalBinary()
			trend = NewTrend(TrendConfig{})
			if err := trend.UnmarshalBinary(saved); err != nil {
				t.Fatal(err)
			}
		}
		value := 300 - 100*math.Exp(-age/tau) + perHour*age/60
		trend.Add(day0.Add(time.Duration(minute)*time.Minute), value*(1+0.02*rnd.NormFloat64()), 100+rnd.NormFloat64())
	}
	return trend
}

// A leak of 0.7 % per hour in lives of eight hours, too short to show it alone.
func TestTrendShortLives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		if v := shortLives(t, seed, 8, 10, 2).Verdict(); v.State != Leaking || math.Abs(v.PerHour-2) > 0.7 {
			t.Errorf("seed %d: %v of %.2f per hour, want a leak of 2: %q", seed, v.State, v.PerHour, v.Why)
		}
		if v := shortLives(t, seed, 8, 10, 0).Verdict(); v.State != OK {
			t.Errorf("seed %d: %v without a leak: %q", seed, v.State, v.Why)
		}
	}
}

// All lives end while they still warm up: what they have in common is no leak.
func TestTrendShortLivesWarmUp(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		for _, hours := range []int{4, 5, 6} {
			if v := shortLives(t, seed, hours, 60, 0).Verdict(); v.State == Leaking {
				t.Errorf("seed %d, lives of %d h: %v: %q", seed, hours, v.State, v.Why)
			}
		}
	}
}
