package leakguard

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// regimes returns how many changes count of settings that are another number
// after each of the given stretches, in Resolutions.
func regimes(stretches ...int) (counted int) {
	var r regime
	now := time.Now()
	for number, stretch := range stretches {
		for range stretch {
			if now = now.Add(time.Second); r.change(now, uint64(number), time.Second) {
				counted++
			}
		}
	}
	return counted
}

func TestChangesOfRegimeThatCount(t *testing.T) {
	tuner := make([]int, 5000) // sets GOGC at each reading
	for i := range tuner {
		tuner[i] = 1
	}
	for name, c := range map[string]struct {
		stretches []int
		want      int
	}{
		"none":                         {[]int{1000}, 0},
		"in main, after a second":      {[]int{1, 1000}, 1},
		"by hand, after days":          {[]int{5000, 5000}, 1},
		"twice a day":                  {[]int{730, 730, 730, 730, 730}, 4},
		"by hand, and at once again":   {[]int{5000, 5, 5000}, 1},
		"a pair of settings each hour": {[]int{60, 60, 60, 60, 60, 60, 60, 60}, 2},
		"a tuner":                      {tuner, 2},
	} {
		if got := regimes(c.stretches...); got != c.want {
			t.Errorf("%s: %d changes count, want %d", name, got, c.want)
		}
	}
}

// conditions is a signal whose level depends on a setting.
func conditions(value func(second float64) (float64, uint64)) figure {
	start, noise := time.Now(), rand.New(rand.NewPCG(1, 2))
	return figure{name: "heap", read: func(context.Context) (Reading, error) {
		level, regime := value(time.Since(start).Seconds())
		return Reading{Value: level * (1 + 0.002*noise.NormFloat64()), Load: math.NaN(), Regime: regime}, nil
	}}
}

// Settings that shift the level by little each time, as someone does who looks
// for the best of them: without a word on it that is a slope.
func TestLevelsUnderOtherSettingsAreNotCompared(t *testing.T) {
	shifts := func(tell uint64) State {
		worst := OK
		inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
			_ = d.Watch(conditions(func(second float64) (float64, uint64) {
				step := math.Trunc(second / 90)
				return (100 + 8*step) * (1 << 20), uint64(step) * tell
			}))
			for range 270 {
				time.Sleep(2 * time.Second)
				if f := about(t, d, "heap"); f.State.Worse(worst) && f.State != TooEarly {
					worst = f.State
				}
			}
			said := strings.Contains(strings.Join(about(t, d, "heap").How, " "), "its conditions changed at ")
			if said != (tell == 1) {
				t.Errorf("it is said that conditions changed: %v", said)
			}
		})
		return worst
	}
	if told := shifts(1); told != OK {
		t.Errorf("with the settings known the worst state is %v, want ok", told)
	}
	if untold := shifts(0); untold == OK {
		t.Error("the series is ok without the settings too: it shows nothing")
	}
}

func TestLeakGoesOnOverAChangeOfSettings(t *testing.T) {
	for name, every := range map[string]float64{"one change": 80, "a tuner": 0.3} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
				_ = d.Watch(conditions(func(second float64) (float64, uint64) {
					return (100 + second) * (1 << 20), uint64(second / every)
				}))
				time.Sleep(150 * time.Second)
				mustBe(t, d, Leaking)
			})
		})
	}
}

func TestLimitThatIsLoweredWhileNothingIsCollectedCounts(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		start := time.Now()
		_ = d.Watch(collected(60, func(since time.Duration) float64 {
			if since > 61*time.Second {
				return 200 << 20
			}
			return 1 << 40
		}))
		time.Sleep(61 * time.Second)
		before, _ := d.Verdict("heap")
		time.Sleep(3 * time.Second)
		after, _ := d.Verdict("heap")
		if !isGrowth(before.State) || before.ReachesLimit.Sub(start) < time.Hour {
			t.Fatalf("before: %+v", before)
		}
		if left := after.ReachesLimit.Sub(start); left < 80*time.Second || left > 120*time.Second {
			t.Errorf("after the limit was lowered to 200 MiB it is reached %v after the start, want about 100s", left)
		}
		if f := about(t, d, "heap"); !strings.Contains(f.Summary, "the limit of 200 MiB is reached") {
			t.Errorf("it is said: %s", f.Summary)
		}
	})
}
