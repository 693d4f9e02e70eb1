package vitals

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/leakguard"
)

// The line "TOO EARLY: 4m of 1h" promises a time. It is that of the detector.
func TestGrowthIsJudgedWhenTheLineSaysSo(t *testing.T) {
	trend := leakguard.NewTrend(leakguard.TrendConfig{})
	for minute := range 2 * judgedAfter {
		trend.Add(noon.Add(time.Duration(minute)*time.Minute), 100, 0)
		early := trend.Verdict().State == finding.TooEarly
		if want := minute < judgedAfter-1; early != want { // it counts the first bucket too
			t.Errorf("in minute %d too early is %v, want %v", minute, early, want)
		}
	}
}

// The sentence of the detector is made more exact by the number of collections.
func TestTheSentenceOfALeakHasTheWordsThatAreReplaced(t *testing.T) {
	inBubble(t, Config{Resolution: 100 * time.Millisecond}, func(t *testing.T, v *Vitals) {
		v.Watch(leak("sessions"))
		time.Sleep(100 * time.Second)
		if f := about(t, v.Report(), "sessions"); !strings.Contains(f.Summary, wordsOfALeak) {
			t.Errorf("%q is not in %q", wordsOfALeak, f.Summary)
		}
	})
}

// What grows has bounds and, where there is a limit, an end with bounds.
func TestGrowthHasBoundsAndAnEnd(t *testing.T) {
	inBubble(t, Config{Resolution: 100 * time.Millisecond}, func(t *testing.T, v *Vitals) {
		grows := leak("sessions")
		read := grows.read
		v.Watch(signal{"sessions", limited(read, 5000)})
		time.Sleep(100 * time.Second)
		r := v.Report()
		f := about(t, r, "sessions")
		if !(f.Low > 0.9*36_000 && f.Low <= f.PerHour && f.PerHour <= f.High && f.High < 1.1*36_000) {
			t.Errorf("10 a second is %v per hour, between %v and %v", f.PerHour, f.Low, f.High)
		}
		full := r.At.Add(300 * time.Second) // from 2,000 at 10 a second
		if off := f.Forecast.At.Sub(full).Abs(); off > 15*time.Second || f.Forecast.Earliest.After(f.Forecast.At) || f.Forecast.Latest.Before(f.Forecast.At) {
			t.Errorf("5,000 are reached at %+v, want about %v", f.Forecast, full)
		}
		for _, shown := range []string{r.String(), r.Markdown()} {
			if !strings.Contains(shown, "with 95 % confidence") || !strings.Contains(shown, "limit: reached at ") || !strings.Contains(shown, "at the latest") {
				t.Errorf("bounds and end are not in\n%s", shown)
			}
		}
	})
}

func TestWhatIsNotReadIsListed(t *testing.T) {
	inBubble(t, Config{NoProbe: true}, func(t *testing.T, v *Vitals) {
		v.Watch(signal{"rows", failing("connection refused")})
		v.Watch(nil)
		time.Sleep(30 * time.Second)
		all := strings.Join(v.Report().NotRead, "\n")
		if !strings.Contains(all, "rows: Rows cannot be read: connection refused") || !strings.Contains(all, "eventloop: Config.NoProbe is set") {
			t.Errorf("not read is\n%s", all)
		}
		if strings.Contains(all, "nil signal") {
			t.Errorf("wrong use is no reading:\n%s", all)
		}
	})
}

type readFunc = func(context.Context) (leakguard.Reading, error)

func limited(read readFunc, limit float64) readFunc {
	return func(ctx context.Context) (leakguard.Reading, error) {
		reading, err := read(ctx)
		reading.Limit = limit
		return reading, err
	}
}

func failing(why string) readFunc {
	return func(context.Context) (leakguard.Reading, error) { return leakguard.Reading{}, errors.New(why) }
}

func TestFiguresOfThePageHaveNoExponents(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0 s", 0.9997: "1s", 0.9994: "999 ms", 0.9997e-3: "1 ms", 12.345e-3: "12.3 ms", 450e-6: "450 µs", 4e-10: "less than 0.001 µs",
	} {
		if got := brief(seconds); got != want {
			t.Errorf("%v s is written as %q, want %q", seconds, got, want)
		}
	}
	for share, want := range map[float64]string{0: "0 %", 4.2e-7: "less than 0.001 %", 0.00012: "0.012 %", 0.0999: "10 %", 1: "100 %"} {
		if got := percent(share); got != want {
			t.Errorf("a share of %v is written as %q, want %q", share, got, want)
		}
	}
}

func TestFlatnessOfNextToNothingIsInBytes(t *testing.T) {
	if said := (flatness{level: 400 << 10, share: 1.25, span: time.Hour}).String(); !strings.Contains(said, "(±500 KiB)") {
		t.Errorf("said is %q", said)
	}
	if said := (flatness{level: 12 << 20, share: 0.012, span: time.Hour}).String(); !strings.Contains(said, "(±1.2 %)") {
		t.Errorf("said is %q", said)
	}
}

// The times in the sentences are local: whoever reads the report has to be told the zone.
func TestTheFooterIsInTheZoneOfTheSentences(t *testing.T) {
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.FixedZone("", 2*3600))
	r := Report{At: at, Findings: []finding.Finding{{Signal: "heap", State: finding.Growing, Forecast: finding.Forecast{At: at.Add(time.Hour)}}}}
	if said := r.String(); !strings.Contains(said, "reached at 13:00") || !strings.Contains(said, "as of 2026-03-04T12:00:00+02:00") {
		t.Errorf("said is %s", said)
	}
}
