package leakguard

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// Whatever clocks do, a leak stays a leak, and its rate stays about right.
func TestTrendClock(t *testing.T) {
	t.Parallel()
	for name, shift := range map[string]func(minute int) time.Duration{
		"set back by hours": func(m int) time.Duration {
			if m > 1000 {
				return -5 * time.Hour
			}
			return 0
		},
		"set forward": func(m int) time.Duration {
			if m > 1000 {
				return time.Hour
			}
			return 0
		},
		"jittering":        func(m int) time.Duration { return time.Duration(m*7919%5) * time.Minute },
		"duplicated times": func(m int) time.Duration { return -time.Duration(m%4) * time.Minute },
	} {
		trend := NewTrend(TrendConfig{})
		for minute := range 30 * 60 {
			at := day0.Add(time.Duration(minute)*time.Minute + shift(minute))
			trend.Add(at, 100+float64(minute)/60*4, math.NaN())
		}
		v := trend.Verdict()
		if v.State != Leaking || v.PerHour < 3.5 || v.PerHour > 4.5 {
			t.Errorf("%s: %v at %.2f per hour, want a leak of 4: %q", name, v.State, v.PerHour, v.Why)
		}
	}
}

func TestTrendGaps(t *testing.T) {
	t.Parallel()
	t.Run("hours without points", func(t *testing.T) {
		t.Parallel()
		trend := NewTrend(TrendConfig{})
		leak(4).play(trend, 0, 6)
		leak(4).play(trend, 11, 22)
		if v := trend.Verdict(); v.State != Leaking || math.Abs(v.PerHour-4) > 0.5 {
			t.Errorf("%v at %.2f per hour: %q", v.State, v.PerHour, v.Why)
		}
	})
	t.Run("years without points", func(t *testing.T) {
		t.Parallel()
		trend := NewTrend(TrendConfig{})
		trend.Add(time.Time{}, 1, 1)
		trend.Add(day0.AddDate(-3, 0, 0), 1, 1)
		leak(4).play(trend, 0, 14)
		if v := trend.Verdict(); v.State != Leaking || v.Since.Before(day0) {
			t.Errorf("%v since %v: %q", v.State, v.Since, v.Why)
		}
	})
	t.Run("a point in half an hour", func(t *testing.T) {
		t.Parallel()
		trend := NewTrend(TrendConfig{})
		for i := range 60 {
			trend.Add(day0.Add(time.Duration(i)*30*time.Minute), 100+2*float64(i), 1)
		}
		if v := trend.Verdict(); v.State != Leaking || math.Abs(v.PerHour-4) > 0.5 {
			t.Errorf("%v at %.2f per hour: %q", v.State, v.PerHour, v.Why)
		}
	})
}

// A process that is restarted every 8 hours never lives for 12; its lives
// together do.
func TestTrendRestarts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		perHour float64
		want    State
	}{{0, OK}, {2, Leaking}} {
		trend := NewTrend(TrendConfig{})
		for life := range 6 {
			trend = nextLife(t, trend)
			from := 100 * float64(life) // down for days
			unknownLoad(func(hour float64) float64 {
				return 150 - 50*math.Exp(-2*(hour-from)) + test.perHour*(hour-from)
			}).play(trend, from, from+8)
		}
		v := trend.Verdict()
		why := strings.Join(v.Why, "\n")
		if v.State != test.want || !strings.Contains(why, "joined from") || math.Abs(v.PerHour-test.perHour) > 0.5 {
			t.Errorf("%v at %.2f per hour, want %v at %.0f:\n%s", v.State, v.PerHour, test.want, test.perHour, why)
		}
	}
}

// The life with the remedy clears the others of the suspicion.
func TestTrendRemedy(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	leak(4).play(trend, 0, 24)
	trend.Regime()
	leak(0).play(trend, 24, 25)
	if v := trend.Verdict(); v.State != Leaking {
		t.Errorf("%v an hour after the restart of a leak: %q", v.State, v.Why)
	}
	leak(0).play(trend, 25, 29)
	if v := trend.Verdict(); v.State != OK {
		t.Errorf("%v five hours after the remedy: %q", v.State, v.Why)
	}
}

// What a change of GOGC adds to the level is not growth, if it is announced.
func TestTrendRegime(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	for step := range 5 {
		unknownLoad(func(float64) float64 { return 100 + 20*float64(step) }).play(trend, 6*float64(step), 6*float64(step)+6)
		if v := trend.Verdict(); v.State.Worse(Growing) || v.State == Leaking {
			t.Errorf("%v after step %d: %q", v.State, step, v.Why)
		}
		trend.Regime()
	}
}

func TestTrendSaved(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	leak(4).play(trend, 0, 20)
	saved, err := trend.MarshalBinary()
	if err != nil || len(saved) > 8<<10 {
		t.Fatalf("%d bytes, %v", len(saved), err)
	}
	restored := NewTrend(TrendConfig{Limit: 500})
	if err := restored.UnmarshalBinary(saved); err != nil {
		t.Fatal(err)
	}
	was, is := trend.Verdict(), restored.Verdict()
	if is.State != was.State || is.PerHour != was.PerHour || !is.Since.Equal(was.Since) || is.ReachesLimit.IsZero() {
		t.Errorf("restored %+v, want %+v with a limit", is, was)
	}
	again, _ := restored.MarshalBinary()
	if !bytes.Equal(again, saved) {
		t.Error("saving what was restored gives other bytes")
	}
}

func TestTrendRefusesSaved(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	leak(4).play(trend, 0, 20)
	saved, _ := trend.MarshalBinary()
	flipped := bytes.Clone(saved)
	flipped[1000] ^= 1
	older := append([]byte("gvtrend1"), saved[8:]...)
	for name, test := range map[string]struct {
		data   []byte
		config TrendConfig
		says   string
	}{
		"nothing":          {nil, TrendConfig{}, "0 bytes are not a saved trend"},
		"half":             {saved[:len(saved)/2], TrendConfig{}, "are not a saved trend"},
		"another version":  {older, TrendConfig{}, "version gvtrend3"},
		"a flipped bit":    {flipped, TrendConfig{}, "checksum"},
		"other Resolution": {saved, TrendConfig{Resolution: time.Second}, "Resolution 1m0s, TrendConfig.Resolution is 1s"},
	} {
		into := NewTrend(test.config)
		before := *into
		if err := into.UnmarshalBinary(test.data); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %q", name, err, test.says)
		}
		if *into != before {
			t.Errorf("%s: refused, yet changed", name)
		}
	}
}

// A million points over five weeks, as a scraper that polls each 3 s makes them.
func TestTrendMillion(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	for i := range 1_000_000 {
		at := day0.Add(time.Duration(i) * 3 * time.Second)
		trend.Add(at, 1000+float64(i)/1200+float64(i*7919%13), math.NaN())
	}
	if v := trend.Verdict(); v.State != Leaking || math.Abs(v.PerHour-1) > 0.05 {
		t.Errorf("%v at %.3f per hour, want a leak of 1: %q", v.State, v.PerHour, v.Why)
	}
}

// The clock of a former life may have been years ahead.
func TestTrendOfAFormerLifeInTheFuture(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{})
	for life := range 8 {
		trend = nextLife(t, trend)
		for minute := range 12 * 60 {
			at := day0.Add(time.Duration(life*720+minute) * time.Minute)
			if life < 7 {
				at = at.AddDate(5, 0, 0)
			}
			trend.Add(at, 300+float64(minute)/12, 100)
		}
	}
	v := trend.Verdict()
	if !isGrowth(v.State) || v.Since.After(trend.at) {
		t.Errorf("%v since %v, at %v: %q", v.State, v.Since, trend.at, v.Why)
	}
}

// set returns a time as a clock shows it that was set meanwhile: the wall clock is another,
// the monotonic one goes on (see type Time in package time).
func set(at time.Time, by time.Duration) time.Time {
	(*(*[2]uint64)(unsafe.Pointer(&at)))[0] += uint64(by/time.Second) << 30
	return at
}

func TestSetIsAClockThatWasSet(t *testing.T) {
	now := time.Now()
	later := set(now, 1000*time.Hour)
	if later.Sub(now) != 0 || later.Round(0).Sub(now.Round(0)) != 1000*time.Hour {
		t.Fatalf("%v and %v", now, later)
	}
}

// Times are told by the clock as it is now, not as it was when the process began.
func TestTrendSinceFollowsAClockThatIsSet(t *testing.T) {
	t.Parallel()
	start := time.Now()
	trend := NewTrend(TrendConfig{})
	for minute := range 30 * 60 {
		at := start.Add(minutes(minute))
		if minute > 5 {
			at = set(at, 50*365*24*time.Hour) // a machine whose clock began at 1970
		}
		trend.Add(at, 100+float64(minute)/60*4, math.NaN())
	}
	began := set(start, 50*365*24*time.Hour).Round(0)
	v := trend.Verdict()
	if off := v.Since.Round(0).Sub(began).Abs(); v.State != Leaking || math.Abs(v.PerHour-4) > 0.1 || off > 8*time.Hour {
		t.Errorf("%v of %.2f since %v, want a leak of 4 since about %v", v.State, v.PerHour, v.Since, began)
	}
}

func TestTrendAboveItsLimit(t *testing.T) {
	t.Parallel()
	trend := NewTrend(TrendConfig{Limit: 150})
	at := leak(4).play(trend, 0, 30)
	v := trend.Verdict()
	if why := strings.Join(v.Why, "; "); v.ReachesLimit.After(at) || !strings.Contains(why, "has reached the limit of 150") {
		t.Errorf("reaches it at %v, now is %v: %s", v.ReachesLimit, at, why)
	}
}
