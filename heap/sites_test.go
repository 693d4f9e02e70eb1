package heap

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/memprof"
)

// collect publishes a profile of all that was allocated so far.
func collect() {
	runtime.GC()
	runtime.GC()
}

var plantedHere [][]byte

//go:noinline
func plantHere(mebibytes int) {
	for range mebibytes << 8 {
		plantedHere = append(plantedHere, make([]byte, 4<<10))
	}
}

func TestGrowthOfThisProcess(t *testing.T) {
	defer func() { plantedHere = nil }()
	s := NewSites()
	collect()
	s.Step()
	for range 3 {
		plantHere(32)
		collect()
		s.Step()
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	growth := s.Growth(1)
	if len(growth) == 0 {
		t.Fatal("nothing grew")
	}
	g := growth[0]
	const truth = 96 << 20
	sd := math.Sqrt(truth * float64(runtime.MemProfileRate))
	if !strings.HasSuffix(g.Func, "heap.plantHere") || !strings.HasSuffix(g.File, "sites_test.go") || g.Line == 0 {
		t.Errorf("%s (%s:%d) is to blame, want plantHere", g.Func, g.File, g.Line)
	}
	if off := math.Abs(float64(g.Bytes) - truth); off > 5*sd {
		t.Errorf("%s: growth is off by %.1f standard deviations", g, off/sd)
	}
	if half := float64(g.High-g.Low) / 2; half < 1.5*sd || half > 2.5*sd {
		t.Errorf("bounds are ± %.2f standard deviations, want about 1.96", half/sd)
	}
	// The slice that holds the blocks, and what other tests left, are the rest.
	if g.Share < 0.7 || g.Share > 1.3 || g.ShareLow >= g.Share || g.ShareHigh <= g.Share {
		t.Errorf("share is %.2f (%.2f to %.2f), want about 1", g.Share, g.ShareLow, g.ShareHigh)
	}
	if len(g.Stack) < 2 || !slices.ContainsFunc(g.Stack, func(f Frame) bool { return strings.HasSuffix(f.Func, "TestGrowthOfThisProcess") }) {
		t.Errorf("the stack is %v", g.Stack)
	}
	if culprit := s.Culprits(1)[0]; culprit.Name != g.Func || culprit.Share != min(g.Share, 1) {
		t.Errorf("culprit is %+v", culprit)
	}
}

func TestWhatIsFreedIsNegativeAndLast(t *testing.T) {
	defer func() { plantedHere = nil }()
	plantHere(64)
	collect()
	s := NewSites()
	s.Step()
	plantedHere = nil
	grown := make([]byte, 32<<20)
	collect()
	s.Step()
	growth := s.Growth(100)
	if last := growth[len(growth)-1]; !strings.HasSuffix(last.Func, "plantHere") || last.Bytes > -32<<20 || last.High >= 0 {
		t.Errorf("last is %s: %s", last.Func, last)
	}
	first := slices.IndexFunc(growth, func(g SiteGrowth) bool { return g.Bytes < 0 })
	if slices.ContainsFunc(growth[max(first, 0):], func(g SiteGrowth) bool { return g.Bytes > 0 }) {
		t.Errorf("growth and loss are mixed: %v", growth)
	}
	runtime.KeepAlive(grown)
}

func TestOwnMemoryIsNoGrowth(t *testing.T) {
	s := NewSites()
	collect()
	s.Step()
	others := make([]*Sites, 300) // each with a copy of the profile
	for i := range others {
		others[i] = NewSites()
		others[i].Step()
	}
	collect()
	s.Step()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	clear(others)
	runtime.GC()
	runtime.ReadMemStats(&after)
	freed := float64(before.HeapAlloc - after.HeapAlloc)
	sd := math.Sqrt(freed * float64(runtime.MemProfileRate))
	if own := float64(s.Own()); freed < 5*sd || math.Abs(own-freed) > 5*sd {
		t.Errorf("own memory is %.0f bytes, and %.0f were freed with it", own, freed)
	}
	for _, g := range s.Growth(100) {
		if strings.Contains(g.Func, "memprof.") {
			t.Errorf("%s is listed with %s", g.Func, g)
		}
	}
}

func TestStepDoesNotAllocate(t *testing.T) {
	s := newCyclingSites()
	for range 20 { // the history fills and thins
		s.Step()
	}
	if n := testing.AllocsPerRun(20, s.Step); n > 0 {
		t.Errorf("%v allocations per step", n)
	}
}

// newCyclingSites returns Sites for which a collection ends before each step.
func newCyclingSites() *Sites {
	s := NewSites()
	s.stats = func(stats *Stats) {
		Read(stats)
		stats.Cycles = s.cycle + 1
	}
	return s
}

func TestProfilingOffIsAnErrorAndKeepsTheHistory(t *testing.T) {
	s := NewSites()
	s.StepAt(time.Unix(0, 0), []runtime.MemProfileRecord{siteRecord(1, 1<<20)})
	s.StepAt(time.Unix(60, 0), []runtime.MemProfileRecord{siteRecord(1, 2<<20)})
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 0
	s.Step()
	if err := s.Err(); !errors.Is(err, memprof.ErrOff) || !strings.Contains(err.Error(), "MemProfileRate is 0") {
		t.Errorf("error is %v", err)
	}
	if len(s.Growth(9)) != 1 {
		t.Errorf("growth is %v", s.Growth(9))
	}
	if err := s.Baseline(); err == nil {
		t.Error("a baseline without a profile is no error")
	}
}

func siteRecord(pc uintptr, bytes int64) (r runtime.MemProfileRecord) {
	r.AllocObjects, r.AllocBytes, r.Stack0[0] = bytes/64, bytes, pc
	return r
}

func TestAChangedRateBeginsAnew(t *testing.T) {
	s := NewSites()
	rate := 512 << 10
	s.rate = func() int { return rate }
	s.StepAt(time.Unix(0, 0), []runtime.MemProfileRecord{siteRecord(1, 1<<20)})
	rate = 1
	s.StepAt(time.Unix(60, 0), []runtime.MemProfileRecord{siteRecord(1, 2<<20)})
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "changed from 524288 to 1") {
		t.Errorf("error is %v", err)
	}
	s.StepAt(time.Unix(120, 0), []runtime.MemProfileRecord{siteRecord(1, 5<<20)})
	if g := s.Growth(1); s.Err() != nil || len(g) != 1 || g[0].Bytes != 3<<20 || g[0].Low != 3<<20 || g[0].PerHour != 180<<20 {
		t.Errorf("after that: %v, %v", g, s.Err())
	}
}

// TestReadersDoNotWaitForAStep holds a step in the middle of its reading.
func TestReadersDoNotWaitForAStep(t *testing.T) {
	s := NewSites()
	s.StepAt(time.Unix(0, 0), []runtime.MemProfileRecord{siteRecord(1, 64)})
	s.StepAt(time.Unix(60, 0), []runtime.MemProfileRecord{siteRecord(1, 640)})
	reading, release := make(chan struct{}), make(chan struct{})
	s.read = func(r *memprof.Reader) error {
		close(reading)
		<-release
		return r.Read()
	}
	done := make(chan struct{})
	go func() { s.Step(); close(done) }()
	<-reading
	if len(s.Growth(1)) != 1 || s.Err() != nil || len(s.Kept()) != 2 {
		t.Error("what was known before the step is not there while it runs")
	}
	_, _ = s.Own(), s.describe()
	close(release)
	<-done
}

func (s *Sites) describe() (all []string) {
	for _, g := range s.Growth(100) {
		all = append(all, g.String())
	}
	return all
}

func TestConcurrentUse(t *testing.T) {
	s := newCyclingSites()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 10 {
			s.Step()
		}
	}()
	for range 200 {
		_, _ = s.describe(), s.Kept()
	}
	<-done
}

func TestString(t *testing.T) {
	const mib = 1 << 20
	for want, g := range map[string]SiteGrowth{
		"9.50 MiB ± 4.70 MiB (62–100 % of the growth), 1.10 MiB/h, mean age 4m": {
			Bytes: 95 * mib / 10, Low: 48 * mib / 10, High: 142 * mib / 10, Share: 1.2, ShareLow: .62, ShareHigh: 1.9,
			PerHour: 1.1 * mib, Samples: 20, MeanAge: 4 * time.Minute,
		},
		"at least 1.20 MiB, 512 KiB/h":   {Bytes: 3 * mib, Low: 12 * mib / 10, High: 6 * mib, Samples: 19, PerHour: mib / 2},
		"likely 3.00 MiB, older than 2h": {Bytes: 3 * mib, Low: -1, High: 7 * mib, Samples: 6, MeanAge: 2 * time.Hour, OlderThan: true},
		"5.00 MiB (50 % of the growth)":  {Bytes: 5 * mib, Low: 5 * mib, High: 5 * mib, Samples: 1, Share: .5, ShareLow: .5, ShareHigh: .5},
		"-8.00 MiB ± 1.00 MiB, -2.00 MiB/h": {
			Bytes: -8 * mib, Low: -9 * mib, High: -7 * mib, Samples: 80, PerHour: -2 * mib,
		},
	} {
		if got := g.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDeltaSinceTheBaseline(t *testing.T) {
	defer func() { plantedHere = nil }()
	s := NewSites()
	if _, err := s.delta(origin{}); !errors.Is(err, errNoBaseline) {
		t.Errorf("without a baseline the error is %v", err)
	}
	collect()
	if err := s.Baseline(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	plantHere(64)
	collect()
	for name, since := range map[string]origin{"baseline": {}, "kept": {at: began}} {
		delta, err := s.delta(since)
		if err != nil {
			t.Fatal(err)
		}
		var planted int64
		for i := range delta.Rows {
			if owner := memprof.Owner(delta.Stack(&delta.Rows[i])); strings.HasSuffix(owner.Func, "plantHere") {
				planted += delta.Rows[i].InUseBytes
			}
		}
		if sd := math.Sqrt(float64(64<<20) * float64(runtime.MemProfileRate)); math.Abs(float64(planted-64<<20)) > 5*sd {
			t.Errorf("since %s: plantHere grew by %d bytes, want about 64 MiB", name, planted)
		}
	}
	if _, err := s.delta(origin{at: began.Add(-time.Hour)}); err == nil || !strings.Contains(err.Error(), "there are baseline (") {
		t.Errorf("before the history the error is %v", err)
	}
}

// Two sites with few samples can each seem to be most of the growth.
func TestSharesOfCulpritsAreNoMoreThanAll(t *testing.T) {
	coarse := []finding.Culprit{{Share: 1}, {Share: 0.5}, {Share: 0.5}}
	scaleShares(coarse)
	if coarse[0].Share != 0.5 || coarse[1].Share != 0.25 || coarse[2].Share != 0.25 {
		t.Errorf("shares of 1, 0.5 and 0.5 became %v", coarse)
	}
	part := []finding.Culprit{{Share: 0.5}, {Share: 0.3}}
	scaleShares(part)
	if part[0].Share != 0.5 || part[1].Share != 0.3 {
		t.Errorf("shares that left something for others became %v", part)
	}
}
