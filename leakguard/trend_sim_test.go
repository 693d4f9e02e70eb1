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
		if family.Group != sim.Tuning && family.Group != sim.Second {
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

// What earlier rules did not find: lives that begin at the same hour of the day, requests
// that leak in lives at all hours, and leaks across a new level. None of it is seen
// without a leak.
func TestTrendHiddenLeaks(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays 32 lives of three days")
	}
	for _, test := range []struct {
		family string
		leak   float64
		seeds  []uint64
	}{
		{"daily", 0.01, []uint64{9_100_005, 9_100_012, 9_100_021, 9_100_036, 9_100_042, 9_100_050}},
		{"deploys", 0.1, []uint64{9_100_012, 9_100_076, 9_100_212, 9_100_248, 9_100_310}},
		{"gogc", 0.01, []uint64{9_100_066, 9_100_101, 9_100_141, 9_100_145, 9_100_158}},
	} {
		found := 0
		for _, seed := range test.seeds {
			if o := sim.Run(sim.Make(test.family, seed, test.leak), newJudge()); o.Leaking != sim.Never {
				found++
			}
			if o := sim.Run(sim.Make(test.family, seed, 0), newJudge()); o.Leaking != sim.Never {
				t.Errorf("%s, seed %d: leak in a healthy life after %v", test.family, seed, o.Leaking)
			}
		}
		if found < len(test.seeds)-1 {
			t.Errorf("%s: %d of %d leaks are found", test.family, found, len(test.seeds))
		}
	}
}
