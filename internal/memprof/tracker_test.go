package memprof

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"
)

var someTime = time.Unix(1_000_000, 0)

// replay takes a step with records at a rate of 1: bytes by address.
func replay(t *testing.T, tracker *Tracker, at time.Time, bytes map[uintptr]int64) {
	t.Helper()
	var records []runtime.MemProfileRecord
	for pc, n := range bytes {
		records = append(records, record(pc, n, n))
	}
	var r Reader
	if err := r.Load(records, 1); err != nil {
		t.Fatal(err)
	}
	tracker.Step(&r, Reading{At: at})
	tracker.Publish()
}

func TestHistoryCoversTheWholeLife(t *testing.T) {
	var tracker Tracker
	held := func(minute int) int64 { return int64(minute*minute + 5) }
	for minute := range 1500 {
		at := someTime.Add(time.Duration(minute) * time.Minute)
		replay(t, &tracker, at, map[uintptr]int64{1: held(minute)})
		kept := tracker.Total().Kept()
		if len(kept) > keptPoints || !kept[0].At.Equal(someTime) {
			t.Fatalf("minute %d: kept are %v", minute, kept)
		}
		if minute < keptPoints {
			continue
		}
		// Dyadic: the moments are one power of two apart, and half to all in use.
		step := kept[1].At.Sub(kept[0].At)
		if minutes := int(step.Minutes()); minutes&(minutes-1) != 0 || len(kept) < keptPoints/2 || at.Sub(kept[len(kept)-1].At) >= step {
			t.Fatalf("minute %d: kept are %v", minute, kept)
		}
		for i, then := range kept {
			minute := int(then.At.Sub(someTime).Minutes())
			if got, _ := tracker.sites[0].at(i); got != int64(float32(held(minute))) || then.At.Sub(kept[0].At) != time.Duration(i)*step {
				t.Fatalf("the history has %d for minute %d, want %d", got, minute, held(minute))
			}
		}
	}
	if g := tracker.Top()[0]; g.Bytes != held(1499)-held(0) || g.Low != g.Bytes || g.High != g.Bytes {
		t.Errorf("growth is %d (%d to %d), want exactly %d", g.Bytes, g.Low, g.High, held(1499)-held(0))
	}
}

// A reading of the same cycle, or not later, replaces the one before.
func TestMomentsKnowTheirCycle(t *testing.T) {
	var tracker Tracker
	var r Reader
	if err := r.Load([]runtime.MemProfileRecord{record(1, 1, 1)}, 1); err != nil {
		t.Fatal(err)
	}
	step := func(second int, cycle uint64) {
		tracker.Step(&r, Reading{At: someTime.Add(time.Duration(second) * time.Second), Cycle: cycle})
		tracker.Publish()
	}
	step(0, 4)
	step(1, 4)
	step(2, 6)
	step(2, 7)
	for second := 3; second < 40; second++ {
		step(second, uint64(second+5))
	}
	kept := tracker.Total().Kept()
	if kept[0].Cycle != 4 || len(kept) < keptPoints/2 {
		t.Errorf("kept are %v", kept)
	}
	for _, m := range kept[1:] {
		if second := m.At.Sub(someTime) / time.Second; m.Cycle != uint64(second)+5 {
			t.Errorf("the reading at second %d is of cycle %d", second, m.Cycle)
		}
	}
}

func TestNewSitesCountFromZeroAndVanishedOnesCountDown(t *testing.T) {
	var tracker Tracker
	replay(t, &tracker, someTime, map[uintptr]int64{1: 100, 2: 50, 3: 7})
	replay(t, &tracker, someTime.Add(time.Hour), map[uintptr]int64{2: 40, 3: 7, 4: 30})
	var got []int64
	for _, g := range tracker.Top() {
		if g.Bytes != 0 {
			got = append(got, g.Bytes)
		}
		if len(g.Stack()) != 1 {
			t.Errorf("stack of %d is %v", g.Bytes, g.Stack())
		}
	}
	if want := []int64{30, -10, -100}; !slices.Equal(got, want) {
		t.Errorf("growth is %v, want %v", got, want)
	}
}

func TestReadingsOfOneCycleCountOnce(t *testing.T) {
	var tracker Tracker
	step := func(minute int, cycle uint64, bytes int64) {
		var r Reader
		_ = r.Load([]runtime.MemProfileRecord{record(1, bytes, bytes)}, 1)
		tracker.Step(&r, Reading{At: someTime.Add(time.Duration(minute) * time.Minute), Cycle: cycle})
		tracker.Publish()
	}
	step(0, 1, 10)
	step(1, 1, 20) // the sweep ended: this is what cycle 1 left
	if g := tracker.Top()[0]; g.Bytes != 0 || len(tracker.Total().Kept()) != 1 {
		t.Errorf("growth within one cycle is %d over %d moments", g.Bytes, len(tracker.Total().Kept()))
	}
	step(2, 2, 50)
	step(3, 2, 60)
	if g := tracker.Top()[0]; g.Bytes != 40 || len(tracker.Total().Kept()) != 2 || g.Over != 2*time.Minute {
		t.Errorf("growth is %d over %v and %d moments, want 40 over 2m and 2", g.Bytes, g.Over, len(tracker.Total().Kept()))
	}
}

func TestSlopeIsTheMedianOfAllPairs(t *testing.T) {
	hours, values := []float64{0, 1, 2, 4}, []float64{0, 10, 5, 40}
	// Slopes: 10, 2.5, 10, -5, 10, 17.5. Five pairs rise, one falls: tau is 4/6.
	slope, monotonic := slopeOf(hours, values)
	if slope != 10 || math.Abs(monotonic-16.0/36) > 1e-9 {
		t.Errorf("slope %v, monotonic %v, want 10 and 0.44", slope, monotonic)
	}
	if slope, monotonic := slopeOf([]float64{1, 1}, values[:2]); slope != 0 || monotonic != 0 {
		t.Errorf("at one time: %v, %v", slope, monotonic)
	}
}

func TestBestAreTheHighest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var b best
	b.reset(48)
	var all []float64
	for i := range 1000 {
		x := math.Floor(rng.Float64() * 300)
		all = append(all, x)
		b.add(pick{score: x, site: int32(i)})
	}
	slices.Sort(all)
	for i, p := range b.picks {
		if p.score != all[len(all)-1-i] {
			t.Fatalf("number %d is %v, want %v", i, p.score, all[len(all)-1-i])
		}
	}
}

func TestSitesBeyondTheBoundAreSummedUp(t *testing.T) {
	const n = 3 * MaxSites
	rng := rand.New(rand.NewPCG(2, 2))
	bytes := map[uintptr]int64{}
	for i := range rng.Perm(n) {
		bytes[uintptr(i+1)] = int64(i + 1)
	}
	var tracker Tracker
	replay(t, &tracker, someTime, bytes)
	bytes[1] += 1_000_000 // the smallest of all becomes the largest
	replay(t, &tracker, someTime.Add(time.Hour), bytes)

	var want Untracked
	for i := int64(2); i <= n-MaxSites+1; i++ {
		want.Sites++
		want.Bytes += i
	}
	if got := tracker.Total().Untracked; got != want {
		t.Errorf("untracked are %+v, want %+v", got, want)
	}
	if g := tracker.Top()[0]; g.Bytes != 1_000_001 || g.Allocs != -1 {
		t.Errorf("the site that was too small before grew by %d with %d allocations, want 1000001 and -1 (not known)", g.Bytes, g.Allocs)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	var tracker Tracker
	for step := range 10 {
		bytes := map[uintptr]int64{}
		for i := range MaxSites + 500 {
			bytes[uintptr(i+1)] = int64(i + 1 + step)
		}
		replay(t, &tracker, someTime.Add(time.Duration(step)*time.Minute), bytes)
	}
	size := unsafe.Sizeof(tracker) + uintptr(cap(tracker.sites))*unsafe.Sizeof(site{}) + uintptr(cap(tracker.weakest))*4 +
		uintptr(cap(tracker.next.top)+cap(tracker.shown.top))*unsafe.Sizeof(Growth{}) +
		uintptr(cap(tracker.growing.picks)+cap(tracker.shrinks.picks))*unsafe.Sizeof(pick{}) +
		uintptr(cap(tracker.moments.kept))*unsafe.Sizeof(Moment{})
	if size > 512<<10 {
		t.Errorf("the history takes %d bytes, more than 512 KiB", size)
	}
}

func TestMeanAgeIsLittlesLaw(t *testing.T) {
	// 600 objects are there, 100 are allocated each minute: they live 6 minutes.
	g := Growth{Objects: 600, Allocs: 1000, Over: 10 * time.Minute}
	if age, atLeast := g.MeanAge(); age != 6*time.Minute || atLeast {
		t.Errorf("mean age is %v (%v), want 6m", age, atLeast)
	}
	g.Allocs = 0
	if age, atLeast := g.MeanAge(); age != 10*time.Minute || !atLeast {
		t.Errorf("without allocations the age is %v (%v), want at least 10m", age, atLeast)
	}
	g.Allocs = -1
	if age, _ := g.MeanAge(); age != 0 {
		t.Errorf("with allocations unknown the age is %v, want 0", age)
	}
}
