package leakguard_test

import (
	"testing"

	"github.com/govitals/govitals/internal/sim"
	"github.com/govitals/govitals/leakguard"
)

// judge makes a Trend what the test bench asks for. It looks every two hours
// only: verdicts are most of the time.
type judge struct {
	*leakguard.Trend
	asked int
	last  leakguard.Verdict
}

func (j *judge) Judge() (leakguard.State, float64, float64) {
	if j.asked++; j.asked%8 == 0 {
		j.last = j.Verdict()
	}
	return j.last.State, j.last.Low, j.last.High
}

// Restart hands the saved trend to a new one, as the next process does.
func (j *judge) Restart() {
	saved, _ := j.MarshalBinary()
	j.Trend = leakguard.NewTrend(leakguard.TrendConfig{})
	if err := j.UnmarshalBinary(saved); err != nil {
		panic(err)
	}
}

func newJudge() sim.Detector { return &judge{Trend: leakguard.NewTrend(leakguard.TrendConfig{})} }

// TestTrendBench plays some lives of each family; the rates with their bounds
// come from TestTrendTable in benchmarks/.
func TestTrendBench(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays 32 lives of three days")
	}
	healthy, wrong, leaking, found := 0, 0, 0, 0
	for _, family := range sim.Families() {
		if family.Group == sim.Endless || family.Group == sim.Third || family.Group == sim.Unseen {
			continue
		}
		o := sim.Run(family.Make(7_000_001, 0), newJudge())
		healthy++
		if o.Leaking != sim.Never {
			t.Logf("%s: leak in a healthy life after %v", family.Name, o.Leaking)
			wrong++
		}
		o = sim.Run(family.Make(7_000_002, 0.03), newJudge())
		leaking++
		if o.Leaking == sim.Never {
			t.Logf("%s: leak of 3 %% per hour not found", family.Name)
		} else {
			found++
		}
	}
	if wrong > 1 || found < leaking-1 {
		t.Errorf("%d of %d healthy lives are called a leak, %d of %d leaks are found", wrong, healthy, found, leaking)
	}
}

// The rise of a day explains itself where the load is told, and by nothing else:
// what the load is worth shows when it is taken away.
func TestTrendNeedsTheLoad(t *testing.T) {
	t.Parallel()
	told, kept := 0, 0
	for seed := range uint64(3) {
		life := sim.Make("diurnal", 7_000_001+seed, 0)
		if o := sim.Run(life, newJudge()); o.Suspect != sim.Never {
			told++
		}
		for i := range life.Points {
			life.Points[i].Load = -1 // not a load
		}
		if o := sim.Run(life, newJudge()); o.Suspect != sim.Never {
			kept++
		}
	}
	if told > 0 || kept == 0 {
		t.Errorf("suspect in %d of 3 days with the load, %d without", told, kept)
	}
}

// A cache that is thrown away and fills again makes a saw of the series. The leak
// beneath it is found all the same, and without one there is none.
func TestTrendCacheDrops(t *testing.T) {
	t.Parallel()
	found := 0
	for _, seed := range []uint64{6_000_026, 6_000_029, 6_000_035, 6_000_036, 6_000_039} {
		if o := sim.Run(sim.Make("drop", seed, 0.01), newJudge()); o.Leaking != sim.Never {
			found++
		}
		if o := sim.Run(sim.Make("drop", seed, 0), newJudge()); o.Leaking != sim.Never {
			t.Errorf("seed %d: leak in a healthy life after %v", seed, o.Leaking)
		}
	}
	if found < 4 {
		t.Errorf("%d of 5 leaks are found", found)
	}
}
