package vitals

import (
	"math"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

func isGrowth(s finding.State) bool {
	return s == finding.Growing || s == finding.Suspect || s == finding.Leaking
}

// foresee adds to what grows the bounds of its growth, and when it ends badly.
func (v *Vitals) foresee(findings []finding.Finding) {
	now := time.Now()
	for i := range findings {
		f := &findings[i]
		if !isGrowth(f.State) || f.Cause != "" {
			continue // a cause says that it is not the finding of a trend
		}
		verdict, watched := v.detector.Verdict(f.Signal)
		if !watched || verdict.PerHour != f.PerHour || f.PerHour == 0 {
			continue
		}
		if f.Forecast.IsZero() { // a signal that judges by itself may have one
			f.Low, f.High = finite(verdict.Low), finite(verdict.High)
			f.Forecast = forecast(now, verdict.ReachesLimit, verdict.PerHour, verdict.Low, verdict.High)
		}
		if f.Signal == "heap" && f.State == finding.Leaking {
			f.Summary = strings.Replace(f.Summary, wordsOfALeak, v.survived(f.Since), 1)
		}
	}
}

// forecast spreads the time that is left by the bounds of the growth.
func forecast(now, at time.Time, perHour, low, high float64) finding.Forecast {
	if at.IsZero() {
		return finding.Forecast{}
	}
	f := finding.Forecast{At: at}
	left := at.Sub(now).Seconds()
	after := func(seconds float64) time.Time {
		if !(seconds >= 0 && seconds < foreseeable.Seconds()) {
			return time.Time{}
		}
		return now.Add(time.Duration(seconds * float64(time.Second)))
	}
	if high > 0 {
		f.Earliest = after(left * perHour / high)
	}
	if low > 0 {
		f.Latest = after(left * perHour / low)
	}
	return writableForecast(f)
}

// foreseeable is how far an extrapolation may go: a hundred years.
const foreseeable = 100 * 365 * 24 * time.Hour

// wordsOfALeak are those of leakguard that live memory has better ones for.
const wordsOfALeak = "does not come back"

// survived says how many collections did not bring live memory back.
func (v *Vitals) survived(since time.Time) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := v.collections.after(since, v.monitor.Snapshot().Cycles)
	if n == 0 {
		return wordsOfALeak
	}
	return "never came back after " + text.Count(int(min(n, math.MaxInt32)), "collection")
}
