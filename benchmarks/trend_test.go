package benchmarks

import (
	"flag"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/sim"
	"github.com/govitals/govitals/leakguard"
)

var (
	trendLives = flag.Int("lives", 0, "healthy lives per family in TestTrendTable, 0 to skip it; docs/PERFORMANCE.md has 400")
	trendLeaks = flag.Int("leaks", 60, "leaking lives per family and rate in TestTrendTable")
	trendFirst = flag.Uint64("first", 10_000_001, "first seed in TestTrendTable; seeds below 10,000,000 were looked at while the rules were tuned")
	trendOnly  = flag.String("families", "", "regular expression of the families in TestTrendTable")
	trendBlind = flag.Bool("noload", false, "do not tell the detector the load in TestTrendTable")
)

// trendJudge makes a Trend what the test bench asks for.
type trendJudge struct{ *leakguard.Trend }

func newTrendJudge() sim.Detector {
	return &trendJudge{leakguard.NewTrend(leakguard.TrendConfig{})}
}

// Restart hands the saved trend to a new one, as the next process does.
func (j *trendJudge) Restart() {
	saved, err := j.MarshalBinary()
	j.Trend = leakguard.NewTrend(leakguard.TrendConfig{})
	if err == nil {
		err = j.UnmarshalBinary(saved)
	}
	if err != nil {
		panic(err)
	}
}

func (j *trendJudge) Judge() (leakguard.State, float64, float64) {
	v := j.Verdict()
	return v.State, v.Low, v.High
}

func (j *trendJudge) Add(at time.Time, value, load float64) {
	if *trendBlind {
		load = -1 // not a load
	}
	j.Trend.Add(at, value, load)
}

// TestTrendTable prints how often leakguard.Trend is right, as Markdown: four
// minutes on two idle cores for 400 lives.
//
//	go test -run TestTrendTable -v -lives 400
func TestTrendTable(t *testing.T) {
	if *trendLives == 0 {
		t.Skip("plays lives only with -lives 400")
	}
	only := regexp.MustCompile(*trendOnly)
	for _, group := range []sim.Group{sim.Tuning, sim.Second, sim.Third, sim.Fourth, sim.Unseen, sim.Endless} {
		trial := sim.Trial{
			Healthy: *trendLives, Leaky: *trendLeaks, First: *trendFirst, New: newTrendJudge,
		}
		for _, family := range sim.Families() {
			if family.Group == group && only.MatchString(family.Name) {
				trial.Families = append(trial.Families, family)
			}
		}
		fmt.Printf("Families of the group %s, seeds from %d:\n\n%s\n", group, *trendFirst, trial.Table(trial.Run()))
	}
}

// BenchmarkTrend compares three days of points, and a hundred verdicts, with as many
// readings of the clock, a cost that everybody can place.
func BenchmarkTrend(b *testing.B) {
	life := sim.Make("diurnal", 1, 0.01)
	healthy := sim.Make("diurnal", 1, 0)
	replay := func(life sim.Life) func() {
		return func() {
			trend := leakguard.NewTrend(leakguard.TrendConfig{})
			for _, p := range life.Points {
				trend.Add(p.At, p.Value, p.Load)
			}
		}
	}
	full := leakguard.NewTrend(leakguard.TrendConfig{})
	for _, p := range life.Points {
		full.Add(p.At, p.Value, p.Load)
	}
	times := make([]time.Time, len(life.Points))
	race(b,
		contestant{"healthy-life", 1, replay(healthy)},
		contestant{"leaking-life", 1, replay(life)},
		contestant{"100-verdicts", 1, func() {
			for range 100 {
				full.Verdict()
			}
		}},
		contestant{"4320-clock-readings", 1, func() {
			for i := range times {
				times[i] = time.Now()
			}
		}},
	)
}
