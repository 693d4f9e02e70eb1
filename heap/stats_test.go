package heap

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// kept is what a test allocates, so that it stays reachable.
var kept [][]byte

func keep(t *testing.T, bytes int) {
	t.Cleanup(func() { kept = nil })
	for range bytes >> 20 {
		kept = append(kept, make([]byte, 1<<20))
	}
}

// within fails unless got is at most slack bytes and 5 % away from want.
func within(t *testing.T, what string, got, want, slack uint64) {
	t.Helper()
	if diff := math.Abs(float64(got) - float64(want)); diff > float64(slack)+0.05*float64(want) {
		t.Errorf("%s is %d, the runtime says %d", what, got, want)
	}
}

func TestLiveMovesWithWhatSurvivesAndYoungWithWhatDoesNot(t *testing.T) {
	var before, garbage, after Stats
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collect only when told to
	runtime.GC()
	Read(&before)
	for range 32 {
		_ = make([]byte, 1<<20) // dies at once
	}
	Read(&garbage)
	keep(t, 32<<20)
	runtime.GC()
	Read(&after)
	if garbage.Live != before.Live {
		t.Errorf("Live moved from %d to %d without a collection", before.Live, garbage.Live)
	}
	within(t, "Young after 32 MiB of garbage", garbage.Young, before.Young+32<<20, 2<<20)
	within(t, "Live after 32 MiB kept", after.Live, before.Live+32<<20, 2<<20)
}

func TestMemoryLimit(t *testing.T) {
	old := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(old)
	const limit = 1 << 30 // what 32-bit systems can hold
	var s Stats
	debug.SetMemoryLimit(limit)
	if Read(&s); s.MemoryLimit != limit {
		t.Errorf("MemoryLimit is %d, want %d", s.MemoryLimit, limit)
	}
	debug.SetMemoryLimit(math.MaxInt64)
	if Read(&s); s.MemoryLimit != 0 {
		t.Errorf("MemoryLimit is %d without a limit, want 0", s.MemoryLimit)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	var s Stats
	if n := testing.AllocsPerRun(100, func() { Read(&s) }); n != 0 {
		t.Errorf("Read allocates %v times per call, want 0", n)
	}
}

// otherPauses counts the times that the world was stopped for something else
// than garbage collection.
func otherPauses() (count uint64) {
	samples := []metrics.Sample{{Name: "/sched/pauses/total/other:seconds"}}
	metrics.Read(samples)
	for _, n := range samples[0].Value.Float64Histogram().Counts {
		count += n
	}
	return count
}

func TestReadDoesNotStopTheWorld(t *testing.T) {
	var s Stats
	before := otherPauses()
	for range 1000 {
		Read(&s)
	}
	if n := otherPauses() - before; n > 100 { // others may stop it, now and then
		t.Errorf("1000 calls of Read stopped the world %d times", n)
	}
	var m runtime.MemStats
	before = otherPauses()
	for range 100 {
		runtime.ReadMemStats(&m)
	}
	if n := otherPauses() - before; n < 100 {
		t.Errorf("this test is blind: 100 calls of ReadMemStats were seen as %d pauses", n)
	}
}

func TestRuntimeKnowsEverySample(t *testing.T) {
	if missing := reader.Missing(); len(missing) > 0 {
		t.Errorf("%s does not know %q", runtime.Version(), missing)
	}
}
