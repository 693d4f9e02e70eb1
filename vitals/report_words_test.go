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

func failing(why string) readFunc {
	return func(context.Context) (leakguard.Reading, error) { return leakguard.Reading{}, errors.New(why) }
}

// The times in the sentences are local: whoever reads the report has to be told the zone.
func TestTheFooterIsInTheZoneOfTheSentences(t *testing.T) {
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.FixedZone("", 2*3600))
	r := Report{At: at, Findings: []finding.Finding{{Signal: "heap", State: finding.Growing, Forecast: finding.Forecast{At: at.Add(time.Hour)}}}}
	if said := r.String(); !strings.Contains(said, "reached at 13:00") || !strings.Contains(said, "as of 2026-03-04T12:00:00+02:00") {
		t.Errorf("said is %s", said)
	}
}
