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

// Whatever the zone of the machine is: the report is read beside logs and Prometheus.
func TestTimesAreUTC(t *testing.T) {
	at := time.Date(2026, 3, 4, 1, 0, 0, 0, time.FixedZone("", 2*3600))
	f := finding.Finding{Signal: "heap", State: finding.Growing, Since: at, Forecast: finding.Forecast{At: at.Add(time.Hour), Latest: at.Add(48 * time.Hour)}}
	r := Report{At: at, Findings: []finding.Finding{f}}
	for _, said := range []string{r.String(), r.Markdown()} {
		if !strings.Contains(said, "reached at 00:00, at the latest on Thu 23:00") || !strings.Contains(strings.ToLower(said), "as of 2026-03-03 23:00:00 utc, as all times here") {
			t.Errorf("said is %s", said)
		}
	}
	page := new(Vitals).view(r, timeSpans[0])
	if !strings.HasPrefix(page.Live, "As of 2026-03-03 23:00:00 UTC, as all times here") || page.Facts[0].Words != "Mar 3 23:00:00 UTC" || page.Facts[1].More != "Mar 4 00:00:00 UTC" {
		t.Errorf("the page says %q and %+v", page.Live, page.Facts)
	}
	if said := most(at, "12 goroutines", 12, []finding.Culprit{{Name: "main.main", Share: 12}})[0].Summary; !strings.Contains(said, "at 23:00:00,") {
		t.Errorf("said is %s", said)
	}
}

// Without a collection there is no new point, and no new forecast.
func TestAForecastThatIsOverIsSaidInThePast(t *testing.T) {
	over := finding.Forecast{At: noon.Add(-30 * time.Hour), Latest: noon.Add(time.Hour)}
	if said := (Report{At: noon}).forecast(over); said != "limit: was to be reached on Fri 06:00" {
		t.Errorf("said is %q", said)
	}
}

func TestSignalsThatWaitAreCounted(t *testing.T) {
	o := outlook{now: noon, age: 2 * time.Hour, need: time.Hour}
	for _, signal := range []string{"fds", "rss", "stacks", "threads", "sessions"} {
		o.findings = append(o.findings, finding.Finding{Signal: signal, State: finding.TooEarly})
	}
	if said := o.line(); !strings.HasPrefix(said, "TOO EARLY for fds, rss, stacks and 2 more, after 2h.") {
		t.Errorf("said is %q", said)
	}
	o.findings = o.findings[:2]
	if said := o.line(); !strings.HasPrefix(said, "TOO EARLY for fds, rss, after 2h.") {
		t.Errorf("said is %q", said)
	}
}
