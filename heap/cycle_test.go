package heap

import (
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// A made-up heap whose objects are moved by hand gives the exact account.
func TestCycleAgainstASimulatedHeap(t *testing.T) {
	for range 200 {
		live, allocated := 1e6+rand.Float64()*1e9, 1e6+rand.Float64()*1e9
		oldDied, newSurvived := rand.Float64()*live, rand.Float64()*allocated
		after := live - oldDied + newSurvived
		before := Stats{Cycles: 7, Live: uint64(live), Allocated: 5 << 30}
		now := Stats{Cycles: 8, Live: uint64(after), Allocated: 5<<30 + uint64(allocated)}
		c, ok := cycleBetween(&before, &now)
		if !ok || c.Count != 1 || c.Live != now.Live {
			t.Fatalf("cycle is %+v", c)
		}
		near(t, "Allocated", float64(c.Allocated), allocated)
		near(t, "Promoted", float64(c.Promoted), newSurvived-oldDied)
		near(t, "Survival", 1e6*c.Survival, 1e6*after/(live+allocated))
		if c.CohortSurvival > newSurvived/allocated+1e-3 {
			t.Errorf("CohortSurvival is %v, above the true %v: not a lower bound", c.CohortSurvival, newSurvived/allocated)
		}
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 2+1e-6*math.Abs(want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// In a steady state the average over many cycles is the figure of each.
func TestSeveralCyclesAreAveraged(t *testing.T) {
	const live, allocated = 400 << 20, 100 << 20
	each, _ := cycleBetween(&Stats{Cycles: 1, Live: live}, &Stats{Cycles: 2, Live: live + 1<<20, Allocated: allocated})
	all, _ := cycleBetween(&Stats{Cycles: 1, Live: live}, &Stats{Cycles: 11, ForcedCycles: 3, Live: live + 10<<20, Allocated: 10 * allocated})
	if all.Count != 10 || all.Forced != 3 || all.Allocated != each.Allocated || all.Promoted != each.Promoted {
		t.Errorf("ten cycles are %+v, one is %+v", all, each)
	}
	if math.Abs(all.Survival-each.Survival) > 0.01 || math.Abs(all.CohortSurvival-each.CohortSurvival) > 0.01 {
		t.Errorf("survival of ten cycles is %v and %v, of one %v and %v", all.Survival, all.CohortSurvival, each.Survival, each.CohortSurvival)
	}
}

func TestNoCycleNoRecord(t *testing.T) {
	cases := map[string][2]Stats{
		"nothing was known before the first collection": {{}, {Cycles: 1, Live: 9}},
		"no collection":    {{Cycles: 3}, {Cycles: 3, Allocated: 9}},
		"counts backwards": {{Cycles: 3, Allocated: 9}, {Cycles: 4}},
	}
	for name, c := range cases {
		if got, ok := cycleBetween(&c[0], &c[1]); ok {
			t.Errorf("%s: the record is %+v, want none", name, got)
		}
	}
	nothing, ok := cycleBetween(&Stats{Cycles: 1}, &Stats{Cycles: 2})
	if !ok || nothing.Survival != 0 || nothing.CohortSurvival != 0 || nothing.GCShare != 0 {
		t.Errorf("an empty heap gives %+v", nothing)
	}
}

func TestGCShareIsOfTheCyclesAlone(t *testing.T) {
	before := Stats{Cycles: 5, CPUTotal: 100, CPUGC: 10, CPUGCIdle: 4}
	now := Stats{Cycles: 7, CPUTotal: 120, CPUGC: 16, CPUGCIdle: 6}
	c, _ := cycleBetween(&before, &now)
	if c.GCShare != 0.2 || c.IdleShare != 0.1 || c.CPU != 2*time.Second {
		t.Errorf("got %+v, want 4 of 20 s compulsory, 2 s idle, 2 s for each of two cycles", c)
	}
}

// The real collector, told when to collect, and objects counted by hand.
func TestMonitorAccountsForARealCycle(t *testing.T) {
	m := newMonitor(t)
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collect only when told to
	collect()
	m.step(t.Context())
	keep(t, 8<<20)
	for range 24 {
		_ = make([]byte, 1<<20) // dies at once
	}
	runtime.GC()
	m.step(t.Context())
	c := m.Snapshot().Cycle
	if c.Count != 1 || c.Forced != 1 {
		t.Fatalf("the record is %+v, want that of one forced collection", c)
	}
	within(t, "Allocated", c.Allocated, 32<<20, 1<<20)
	within(t, "Promoted", uint64(c.Promoted), 8<<20, 1<<20)
	if math.Abs(c.CohortSurvival-0.25) > 0.04 {
		t.Errorf("CohortSurvival is %v, want a quarter", c.CohortSurvival)
	}
	if c.GCShare <= 0 || c.CPU <= 0 {
		t.Errorf("a collection cost nothing: %+v", c)
	}
	if got := m.Snapshot().GOGC; got != -1 {
		t.Errorf("GOGC is %d while it is off, want -1", got)
	}
	if _, there := values(m)["heap.gogc"]; there {
		t.Error("heap.gogc is there while it is off")
	}
	kept = nil
	runtime.GC()
	m.step(t.Context())
	if c := m.Snapshot().Cycle; c.Promoted > -7<<20 {
		t.Errorf("8 MiB of old memory died and Promoted is %d", c.Promoted)
	}
	debug.SetGCPercent(50)
	m.step(t.Context())
	if got := values(m)["heap.gogc"]; got != 50 {
		t.Errorf("heap.gogc is %v after it was set to 50", got)
	}
}

func TestPausesCoverTheLastMinutes(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collect only when told to
	runtime.GC()                                     // ends one that is under way
	p := newPauseMeter()
	start := time.Unix(1000, 0)
	if got := p.read(start); got.Count != 0 {
		t.Errorf("pauses of before the start count: %+v", got)
	}
	collect()
	got := p.read(start.Add(30 * time.Second))
	if got.Count != 4 || got.Window != 30*time.Second || got.Max <= 0 || got.P50 > got.P99 || got.P99 > got.Max {
		t.Errorf("pauses of two collections are %+v, want two each", got)
	}
	p.read(start.Add(61 * time.Second))
	if got := p.read(start.Add(90 * time.Second)); got.Count != 4 || got.Window != 90*time.Second {
		t.Errorf("after 90 s they are %+v, want them still there", got)
	}
	p.read(start.Add(122 * time.Second))
	if got := p.read(start.Add(125 * time.Second)); got.Count != 0 || got.Max != 0 {
		t.Errorf("after two minutes they are %+v, want them gone", got)
	}
}

func TestCyclesGivesEachRecordOnce(t *testing.T) {
	m := newMonitor(t)
	states := make([]Stats, 600)
	for i := range states {
		states[i] = Stats{Cycles: uint64(i + 1)}
	}
	m.read = replay(states...)
	next, seen := uint64(2), uint64(0)
	for range len(states) / 3 {
		for range 3 {
			m.step(t.Context())
		}
		for _, c := range m.Cycles(seen) {
			if c.Number != next {
				t.Fatalf("the record is of cycle %d, want %d", c.Number, next)
			}
			next, seen = next+1, c.Number
		}
	}
	if next != 601 {
		t.Errorf("records end before cycle %d, want 601", next)
	}
	if all := m.Cycles(0); len(all) != keptCycles || all[0].Number != 600-keptCycles+1 {
		t.Errorf("%d records are kept, from %d on", len(all), all[0].Number)
	}
	if none := (&Monitor{}).Cycles(0); len(none) != 0 {
		t.Errorf("a monitor that never ran has %v", none)
	}
}
