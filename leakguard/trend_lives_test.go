package leakguard

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// shortLives makes a trend of three days of lives that warm up within tau minutes to
// 300 and leak so much per hour; every life begins with what the last one saved.
func shortLives(t *testing.T, seed uint64, hours int, tau, perHour float64) *Trend {
	t.Helper()
	return livesWith(t, seed, hours, tau, perHour, func(*Trend, float64) {})
}

// nextLife is the trend of a process that goes on from what the last one saved.
func nextLife(t *testing.T, trend *Trend) *Trend {
	t.Helper()
	saved, _ := trend.MarshalBinary()
	next := NewTrend(TrendConfig{})
	if err := next.UnmarshalBinary(saved); err != nil {
		t.Fatal(err)
	}
	return next
}

// livesWith is shortLives of which each is told of before each point, with its age in minutes.
func livesWith(t *testing.T, seed uint64, hours int, tau, perHour float64, tell func(*Trend, float64)) *Trend {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	trend := NewTrend(TrendConfig{})
	for minute := range 72 * 60 {
		age := float64(minute % (hours * 60))
		if age == 0 && minute > 0 {
			trend = nextLife(t, trend)
		}
		tell(trend, age)
		value := 300 - 100*math.Exp(-age/tau) + perHour*age/60
		trend.Add(day0.Add(minutes(minute)), value*(1+0.02*rnd.NormFloat64()), 100+rnd.NormFloat64())
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

// Programs set their memory limit when vitals runs already. Lives stay lives for that.
func TestTrendShortLivesThatSetALimit(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]float64{"before the first point": 0, "a minute after": 1, "half an hour after": 30} {
		limited := func(trend *Trend, age float64) {
			if age == at {
				trend.Regime()
			}
		}
		for seed := range uint64(4) {
			if v := livesWith(t, seed, 12, 10, 2, limited).Verdict(); v.State != Leaking || math.Abs(v.PerHour-2) > 0.7 {
				t.Errorf("%s, seed %d: %v of %.2f per hour, want a leak of 2: %q", name, seed, v.State, v.PerHour, v.Why)
			}
			if v := livesWith(t, seed, 12, 10, 0, limited).Verdict(); v.State != OK {
				t.Errorf("%s, seed %d: %v without a leak: %q", name, seed, v.State, v.Why)
			}
		}
	}
}

// A trend is told of a change before it has seen anything: the process warms up all the same.
func TestTrendRegimeBeforeTheFirstPoint(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	trend.Regime()
	trend.Add(day0, 1, 1)
	trend.Add(day0.Add(100*time.Minute), 1, 1)
	trend.Regime()
	trend.Add(day0.Add(101*time.Minute), 1, 1)
	trend.Add(day0.Add(601*time.Minute), 1, 1)
	trend.Regime()
	trend.Add(day0.Add(602*time.Minute), 1, 1)
	var cold []bool
	for _, l := range trend.lives[:trend.lifeN] {
		cold = append(cold, l.cold)
	}
	if want := []bool{true, true, false}; !slices.Equal(cold, want) {
		t.Errorf("lives that warm up: %v, want %v", cold, want)
	}
}

// What is late in a life of weeks is what is remembered of it, and in its place.
func TestTrendLateInLongLives(t *testing.T) {
	t.Parallel()
	for _, days := range []int{1, 7, 8, 9, 14, 60} {
		trend := NewTrend(TrendConfig{})
		for minute := range days * 1440 {
			trend.Add(day0.Add(minutes(minute)), 1000+float64(minute), 1)
		}
		l := trend.lives[0]
		begin, part := l.cut()
		for i, got := range trend.lateOf(&l).values {
			if want := 1000 + float64(begin+int64(i)*part) + float64(part)/2; math.Abs(got-want) > 200 {
				t.Errorf("part %d of %d days is %.0f, want %.0f", i, days, got, want)
			}
		}
	}
}
