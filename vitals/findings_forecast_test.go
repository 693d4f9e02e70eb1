package vitals

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/leakguard"
)

// foreteller is a signal that judges by itself and knows when it ends.
type foreteller struct {
	signal
	found finding.Finding
}

func (f foreteller) Findings() []finding.Finding { return []finding.Finding{f.found} }

func TestForecastOfASignalThatJudgesItselfIsItsOwn(t *testing.T) {
	inBubble(t, Config{Resolution: 100 * time.Millisecond}, func(t *testing.T, v *Vitals) {
		end := time.Now().Add(time.Hour)
		want := finding.Finding{
			Signal: "keys", State: finding.Suspect, Summary: "Keys pile up.", PerHour: 7, Low: 6, High: 8,
			Forecast: finding.Forecast{At: end, Earliest: end.Add(-time.Minute), Latest: end.Add(time.Minute)},
		}
		read := func(context.Context) (leakguard.Reading, error) {
			return leakguard.Reading{Value: 1, Load: math.NaN()}, nil
		}
		v.Watch(foreteller{signal{"keys", read}, want})
		time.Sleep(3 * time.Second)
		for _, f := range v.Findings() {
			if f.Signal == "keys" && (f.Forecast != want.Forecast || f.Low != 6 || f.High != 8) {
				t.Errorf("it says %+v, the report %+v", want, f)
			} else if f.Signal == "keys" {
				return
			}
		}
		t.Error("the report does not have it as it is")
	})
}

func TestForecastHasAnInterval(t *testing.T) {
	f := forecast(noon, noon.Add(10*time.Hour), 100, 50, 200)
	if !f.At.Equal(noon.Add(10*time.Hour)) || !f.Earliest.Equal(noon.Add(5*time.Hour)) || !f.Latest.Equal(noon.Add(20*time.Hour)) {
		t.Errorf("twice and half the growth give %+v", f)
	}
	if f := forecast(noon, noon.Add(time.Hour), 100, 1e-300, math.Inf(1)); !f.Latest.IsZero() {
		t.Errorf("no growth at all ends at %v", f.Latest)
	}
	if f := forecast(noon, time.Time{}, 100, 50, 200); !f.IsZero() {
		t.Errorf("without a limit: %+v", f)
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
		v.Watch(signal{"sessions", limited(leak("sessions").read, 5000)})
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

type readFunc = func(context.Context) (leakguard.Reading, error)

func limited(read readFunc, limit float64) readFunc {
	return func(ctx context.Context) (leakguard.Reading, error) {
		reading, err := read(ctx)
		reading.Limit = limit
		return reading, err
	}
}
