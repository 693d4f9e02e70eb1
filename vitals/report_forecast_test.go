package vitals

import (
	"context"
	"math"
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
