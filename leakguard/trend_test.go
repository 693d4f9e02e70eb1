package leakguard

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unsafe"
)

var day0 = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// series is a made-up recording: a value and a load for each minute.
type series func(minute float64) (value, load float64)

// play adds some hours of a series to a Trend, with 1 % noise, and returns the
// time of the last point.
func (s series) play(trend *Trend, from, to float64) time.Time {
	rnd := rand.New(rand.NewPCG(1, uint64(from)))
	var at time.Time
	for minute := from * 60; minute < to*60; minute++ {
		value, load := s(minute)
		at = day0.Add(time.Duration(minute) * time.Minute)
		trend.Add(at, value*(1+0.01*rnd.NormFloat64()), load)
	}
	return at
}

func unknownLoad(value func(hour float64) float64) series {
	return func(minute float64) (float64, float64) { return value(minute / 60), math.NaN() }
}

// wave is the load of a day that begins at its lowest.
func wave(hour float64) float64 { return 1 - 0.5*math.Cos(2*math.Pi*hour/24) }

func leak(perHour float64) series {
	return unknownLoad(func(hour float64) float64 { return 100 + perHour*hour })
}

// trendRules are lives and the verdict on each.
var trendRules = map[string]struct {
	series series
	hours  float64
	config TrendConfig
	want   State
	why    string // a part of Why
}{
	"nothing yet":       {leak(0), 0, TrendConfig{}, TooEarly, "0 points"},
	"minutes":           {leak(0), 0.5, TrendConfig{}, TooEarly, "a verdict needs 10 points and 1h"},
	"level":             {leak(0), 24, TrendConfig{}, OK, "would not show yet"},
	"falling":           {leak(-1), 24, TrendConfig{}, OK, "not growing"},
	"young leak":        {leak(4), 4, TrendConfig{}, Growing, "leak needs an age of 12h"},
	"half a day's leak": {leak(4), 8, TrendConfig{}, Suspect, "no levelling off"},
	"a leak":            {leak(4), 13, TrendConfig{}, Leaking, "× the residual noise"},
	"a slow leak":       {leak(0.5), 48, TrendConfig{}, Leaking, "all rules have held"},
	"cache within what was expected": {
		leak(4), 30, TrendConfig{ExpectCache: 200}, Growing, "within the 200 that caches may fill",
	},
	"cache beyond what was expected": {leak(4), 30, TrendConfig{ExpectCache: 50}, Leaking, ""},
	"near the limit": {
		leak(4), 4, TrendConfig{Limit: 120}, Suspect, "one word worse",
	},
	"far from the limit": {
		leak(4), 4, TrendConfig{Limit: 1000}, Growing, "reaches the limit of 1,000 in",
	},
	"warm-up": {
		unknownLoad(func(hour float64) float64 { return 200 - 100*math.Exp(-hour/2) }),
		20, TrendConfig{}, OK, "",
	},
	"one step": {
		unknownLoad(func(hour float64) float64 { return 100 + 40*float64(int(min(hour/15, 1))) }),
		22, TrendConfig{}, OK, "",
	},
	"memory that follows the load": {
		func(minute float64) (float64, float64) {
			return 50 + 50*wave(minute/60), 1000 * wave(minute/60)
		}, 11, TrendConfig{}, OK, "explained by load",
	},
	"leak on memory that follows the load": {
		func(minute float64) (float64, float64) {
			return 50 + 50*wave(minute/60) + minute/60*2, 1000 * wave(minute/60)
		}, 36, TrendConfig{}, Leaking, "",
	},
	"leak per request": {
		func(minute float64) (float64, float64) {
			work := minute/60 - 0.5*24/(2*math.Pi)*math.Sin(2*math.Pi*minute/60/24)
			return 100 + 3*work, 1000 * wave(minute/60)
		}, 36, TrendConfig{}, Leaking, "",
	},
}

func TestTrendRules(t *testing.T) {
	t.Parallel()
	for name, test := range trendRules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trend := NewTrend(test.config)
			test.series.play(trend, 0, test.hours)
			v := trend.Verdict()
			if v.State != test.want || !strings.Contains(strings.Join(v.Why, "\n"), test.why) {
				t.Errorf("%v, want %v because of %q:\n%s", v.State, test.want, test.why, strings.Join(v.Why, "\n"))
			}
		})
	}
}

// The rise of a day looks like a leak for half of it: without the load only a
// straight rise may be called one before the day is over.
func TestTrendDayWithoutLoad(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	rise := unknownLoad(func(hour float64) float64 { return 50 + 50*wave(hour) })
	for hour := 0.0; hour < 72; hour++ {
		rise.play(trend, hour, hour+1)
		if v := trend.Verdict(); v.State == Leaking {
			t.Fatalf("leak after %v hours: %q", hour, v.Why)
		}
	}
}

func TestTrendFigures(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{Limit: 400})
	onset := 10.0
	last := unknownLoad(func(hour float64) float64 { return 100 + 5*max(0, hour-onset) }).play(trend, 0, 40)
	v := trend.Verdict()
	// Noise in proportion to the level makes troughs rise 1 % slower than means.
	if v.State != Leaking || math.Abs(v.PerHour-5) > 0.15 || v.Low < 4.8 || v.High > 5.2 || !(v.Low < v.PerHour && v.PerHour < v.High) {
		t.Errorf("%v, %.2f in [%.2f, %.2f] per hour, want 5", v.State, v.PerHour, v.Low, v.High)
	}
	if off := v.Since.Sub(day0).Hours() - onset; math.Abs(off) > 1 {
		t.Errorf("since %v, %.1f hours off", v.Since, off)
	}
	want := last.Add(30 * time.Hour) // 250 at hour 40
	if off := v.ReachesLimit.Sub(want).Hours(); math.Abs(off) > 1.5 {
		t.Errorf("reaches 400 at %v, %.1f hours off", v.ReachesLimit, off)
	}
	trend.SetLimit(math.NaN())
	if v := trend.Verdict(); !v.ReachesLimit.IsZero() {
		t.Errorf("reaches no limit at %v", v.ReachesLimit)
	}
}

// TestTrendPace is what a demonstration relies on: a point per second at 100ms.
func TestTrendPace(t *testing.T) {
	t.Parallel()
	for _, quiet := range []int{0, 60} {
		trend := NewTrend(TrendConfig{Resolution: 100 * time.Millisecond})
		rnd, first := rand.New(rand.NewPCG(4, 4)), map[State]int{}
		for second := range quiet + 91 {
			value := 50e6 + 2e6*float64(max(0, second-quiet))
			trend.Add(day0.Add(time.Duration(second)*time.Second), value*(1+0.01*rnd.NormFloat64()), math.NaN())
			state := trend.Verdict().State
			if _, seen := first[state]; !seen {
				first[state] = second - quiet
			}
			if second < quiet && state.Worse(TooEarly) {
				t.Errorf("%v in second %d, which is healthy", state, second)
			}
		}
		for state, most := range map[State]int{Growing: 15, Suspect: 45, Leaking: 90} {
			if at, seen := first[state]; !seen || at > most {
				t.Errorf("%v after %d s of a leak (%v), want %d s, %d s of quiet before", state, at, seen, most, quiet)
			}
		}
		if quiet == 0 && first[Leaking] < 71 {
			t.Errorf("leak after %d s, before 720 buckets", first[Leaking])
		}
	}
}

// With several points per bucket the lowest counts: what a burst of garbage
// added to the others is not a leak.
func TestTrendTrough(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	for minute := range 24 * 60 {
		at := day0.Add(time.Duration(minute) * time.Minute)
		trend.Add(at, 100+float64(minute), 1)
		trend.Add(at.Add(20*time.Second), 100+float64(minute%7)/10, 1)
		trend.Add(at.Add(40*time.Second), 100+2*float64(minute), 1)
	}
	if v := trend.Verdict(); v.State != OK {
		t.Errorf("%v: %q", v.State, v.Why)
	}
}

func TestTrendRefuses(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	for i, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 1e300} {
		trend.Add(day0.Add(time.Duration(i)*time.Hour), value, 1)
	}
	v := trend.Verdict()
	if why := strings.Join(v.Why, "\n"); v.State != TooEarly || !strings.Contains(why, "5 values left out") {
		t.Errorf("%v: %s", v.State, why)
	}
	leak(4).play(trend, 0, 14)
	if v := trend.Verdict(); v.State != Leaking || strings.Contains(strings.Join(v.Why, "\n"), "left out") {
		t.Errorf("%v: %q", v.State, v.Why)
	}
}

func TestTrendConfig(t *testing.T) {
	t.Parallel()
	for field, config := range map[string]TrendConfig{
		"Resolution":  {Resolution: time.Microsecond},
		"Limit":       {Limit: math.NaN()},
		"ExpectCache": {ExpectCache: -1},
	} {
		err := config.Validate()
		if err == nil || !strings.Contains(err.Error(), "TrendConfig."+field) {
			t.Errorf("error %v does not name %s", err, field)
		}
		func() {
			defer func() {
				if got := recover(); got == nil || got.(error).Error() != err.Error() {
					t.Errorf("NewTrend panics with %v, want %v", got, err)
				}
			}()
			NewTrend(config)
		}()
	}
}

func TestTrendCost(t *testing.T) {
	if size := unsafe.Sizeof(Trend{}); size > 8<<10 {
		t.Errorf("a Trend has %d bytes, more than 8 KiB", size)
	}
	trend, minute := NewTrend(TrendConfig{}), 0.0
	if n := testing.AllocsPerRun(5000, func() {
		minute++
		trend.Add(day0.Add(time.Duration(minute)*time.Minute), 100+minute, wave(minute/60))
	}); n != 0 {
		t.Errorf("%v allocations per Add", n)
	}
}
