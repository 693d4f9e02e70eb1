package heap

import (
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// about fails unless got is at least want and above it by rounding, buckets of
// 5 % and steps of 6 % only.
func about(t *testing.T, what string, got uint64, want float64) {
	t.Helper()
	if g := float64(got); g < want || g > want*1.05*1.0625+2*mib {
		t.Errorf("%s is %.0f MiB, want %.0f or a little more", what, g/mib, want/mib)
	}
}

func TestMemoryIsTheSumOfItsParts(t *testing.T) {
	const live, stacks, metadata, buckets, offHeap = 200 * mib, 10 * mib, 20 * mib, 4 * mib, 30 * mib
	p := simulated{live: live, allocates: 50 * mib, gogc: 50, cycleCPU: 0.01, cores: 0.5}
	p.sample = sizingSample{Stacks: stacks, Metadata: metadata, Buckets: buckets, OffHeap: offHeap}
	a := advised(t, p, 20*time.Minute, SizerConfig{}, finding.OK)
	want := (live*1.5 + stacks + metadata + buckets + offHeap) * 1.15
	about(t, "the request", a.Memory.Request, want)
	about(t, "the limit", a.Memory.Limit, want)
	if got, want := float64(a.Memory.GOMEMLIMIT), 0.9*float64(a.Memory.Limit); got > want || got < want-mib {
		t.Errorf("GOMEMLIMIT is %.1f MiB, want 90 %% of the limit, %.1f", got/mib, want/mib)
	}
	if a.Verdict != VerdictUnknown || !strings.Contains(a.Summary, "No memory limit is known") {
		t.Errorf("without any limit the verdict is %s: %s", a.Verdict, a.Summary)
	}
}

func TestGOMEMLIMITLeavesRoomForWhatGoDoesNotSee(t *testing.T) {
	p := simulated{live: 100 * mib, allocates: 50 * mib, gogc: 100, cycleCPU: 0.01, cores: 0.5}
	p.sample.OffHeap = 400 * mib // C code
	a := advised(t, p, 20*time.Minute, SizerConfig{}, finding.OK)
	if a.Memory.GOMEMLIMIT+400*mib > a.Memory.Limit || a.Memory.GOMEMLIMIT < 200*mib {
		t.Errorf("GOMEMLIMIT is %d MiB of a limit of %d MiB", a.Memory.GOMEMLIMIT/mib, a.Memory.Limit/mib)
	}
}

func TestTooEarlyGivesNoFigures(t *testing.T) {
	busy := simulated{live: 64 * mib, allocates: 200 * mib, gogc: 100, cycleCPU: 0.01, cores: 0.5}
	idle := simulated{live: 64 * mib, allocates: 1000, gogc: 100, cycleCPU: 0.01, cores: 0.5}
	for name, a := range map[string]Advice{
		"nine minutes":          advised(t, busy, 9*time.Minute, SizerConfig{}, finding.OK),
		"a day without cycles":  advised(t, idle, 24*time.Hour, SizerConfig{}, finding.OK),
		"nothing":               RightSize(newSizer(t, SizerConfig{}), finding.OK),
		"more cycles asked for": advised(t, busy, 11*time.Minute, SizerConfig{MinCycles: 1e6}, finding.OK),
	} {
		if a.Verdict != VerdictTooEarly || a.Memory != (MemorySize{}) || a.CPU != (CPUSize{}) || a.GCPrices != nil {
			t.Errorf("%s: advice is %+v, want none", name, a)
		}
		if yaml := a.Kubernetes(); !strings.HasPrefix(yaml, "# Too early") || strings.Count(yaml, "\n") != 1 {
			t.Errorf("%s: Kubernetes gives %q, want one line of comment", name, yaml)
		}
	}
	if a := advised(t, busy, 11*time.Minute, SizerConfig{}, finding.OK); a.Verdict == VerdictTooEarly || a.Memory.Limit == 0 {
		t.Errorf("after 11 minutes it says %s", a.Summary)
	}
	if a := RightSize(nil, finding.OK); a.Verdict != VerdictUnknown {
		t.Errorf("without a Sizer the verdict is %s", a.Verdict)
	}
}

// A recorded week replays in a moment. Each day live memory swings between 100
// and 300 MiB; on Tuesday there is one peak of 600 MiB for half an hour.
func TestAWeek(t *testing.T) {
	s := newSizer(t, SizerConfig{})
	p := simulated{live: 100 * mib, allocates: 2 * mib, gogc: 100, cycleCPU: 0.05, cores: 0.3, reading: 30}
	p.run(s, 7*24*time.Hour, func(at time.Duration) {
		p.live = (200 - 100*math.Cos(2*math.Pi*at.Hours()/24)) * mib
		if at >= 30*time.Hour && at < 30*time.Hour+30*time.Minute {
			p.live = 600 * mib
		}
	})
	a := RightSize(s, finding.OK)
	about(t, "the limit", a.Memory.Limit, 2*600*mib*1.15)
	// Nine of ten hours stay below 290 MiB, and the daily peak is 300.
	if got := float64(a.Memory.Request) / (2 * 1.15); got < 280*mib || got > 340*mib {
		t.Errorf("the request is made for %.0f MiB live, want about 295", got/mib)
	}
	if a.Memory.Low >= a.Memory.Request || a.Memory.Request > a.Memory.High {
		t.Errorf("low %d, request %d, high %d", a.Memory.Low/mib, a.Memory.Request/mib, a.Memory.High/mib)
	}
	if a.Observed < 167*time.Hour || strings.Contains(a.basis(), "less than a day") {
		t.Errorf("it says that it is %s", a.basis())
	}
	p.run(s, 9*24*time.Hour, func(time.Duration) { p.live = 100 * mib })
	if a := RightSize(s, finding.OK); a.Memory.Limit > 900*mib {
		t.Errorf("the peak of 16 days ago is not forgotten: the limit is %d MiB", a.Memory.Limit/mib)
	}
}

func TestCPU(t *testing.T) {
	s := newSizer(t, SizerConfig{RequestCores: 2})
	p := simulated{live: 64 * mib, allocates: 64 * mib, gogc: 100}
	p.sample.CPUQuota = 1
	// In each minute 12 seconds at 0.8 cores and 48 at 0.2; one period in five
	// is throttled, for 30 ms.
	p.run(s, time.Hour, func(at time.Duration) {
		p.cores = 0.2
		if int(at.Seconds())%60 < 12 {
			p.cores = 0.8
		}
		p.sample.Periods += 10
		p.sample.ThrottledPeriods += 2
		p.sample.ThrottledSeconds += 0.06
	})
	a := RightSize(s, finding.OK)
	c := a.CPU
	for what, figures := range map[string][2]float64{
		"request": {c.Request, 0.8 * 1.15}, "low": {c.Low, 0.2 * 1.15}, "sufficient": {c.Sufficient, (0.8 + 0.06) * 1.15},
	} {
		if got, want := figures[0], figures[1]; got < want*0.999 || got > want*1.06+0.1 {
			t.Errorf("%s is %v cores, want %.2f or a little more", what, got, want)
		}
	}
	if math.Abs(c.ThrottledShare-0.2) > 0.001 || c.Verdict != VerdictTooSmall || a.Verdict != VerdictTooSmall {
		t.Errorf("throttled share is %v and the verdict %s, want 0.2 and too_small", c.ThrottledShare, c.Verdict)
	}
	if !strings.HasPrefix(a.Summary, "CPU was throttled in 20 % of periods") {
		t.Errorf("the summary does not begin with it: %s", a.Summary)
	}
	if f, _ := a.Finding(); !strings.Contains(f.Advice, "limit "+millicores(c.Sufficient)+".") {
		t.Errorf("the advice leaves the quota as it is: %s", f.Advice)
	}
	if want := 2 - c.Request; math.Abs(c.Saves-want) > 1e-9 {
		t.Errorf("it saves %v cores, want %v", c.Saves, want)
	}
}

// The control group counts its other processes as well. While its files cannot be
// read, as when no descriptor is free, the counter is that of the process alone.
func TestAnotherCounterOfCPUIsNoUsage(t *testing.T) {
	s := newSizer(t, SizerConfig{})
	p := simulated{live: 64 * mib, allocates: 64 * mib, gogc: 100, cores: 0.5, reading: 10}
	p.run(s, 12*time.Minute, func(at time.Duration) {
		const others = 9000
		switch {
		case at == 0:
			p.sample.UsedCPUSeconds += others
		case at == 2*time.Minute:
			p.sample.UsedCPUSeconds -= others
		case at == 2*time.Minute+10*time.Second:
			p.sample.UsedCPUSeconds += others
		}
		p.sample.UsedByGroup = p.sample.UsedCPUSeconds > others
	})
	if c := RightSize(s, finding.OK).CPU; c.Sufficient > 1 {
		t.Errorf("half a core is used, and a quota of %v is said to be needed: %+v", c.Sufficient, c)
	}
}

func TestThrottlingThatCouldNotBeReadOnceIsNone(t *testing.T) {
	s := newSizer(t, SizerConfig{})
	p := simulated{live: 64 * mib, allocates: 64 * mib, gogc: 100, cores: 0.5, reading: 10}
	p.run(s, 12*time.Minute, func(at time.Duration) {
		p.sample.Periods, p.sample.ThrottledPeriods, p.sample.ThrottledSeconds = 100_000+uint64(at/(100*time.Millisecond)), 50_000, 9000
		if at == 2*time.Minute {
			p.sample.Periods, p.sample.ThrottledPeriods, p.sample.ThrottledSeconds = 0, 0, 0
		}
	})
	if c := RightSize(s, finding.OK).CPU; c.Sufficient > 1 || c.ThrottledShare > 0 {
		t.Errorf("all that was throttled before counts as of now: %+v", c)
	}
}

func TestWithoutCPUFiguresMemoryIsStillAdvised(t *testing.T) {
	s := newSizer(t, SizerConfig{})
	p := simulated{live: 64 * mib, allocates: 64 * mib, gogc: 100}
	p.run(s, 20*time.Minute, func(time.Duration) {
		p.sample.UsedCPUSeconds, p.sample.ProcCPUSeconds, p.sample.GCCPUSeconds = math.NaN(), math.NaN(), math.NaN()
	})
	a := RightSize(s, finding.OK)
	if a.Memory.Limit == 0 || a.CPU.Verdict != VerdictUnknown || a.CPU.Request != 0 || a.GCPrices != nil || a.GCShare != 0 {
		t.Errorf("advice is %+v", a)
	}
	if text := a.String() + a.Kubernetes(); strings.Contains(text, "NaN") || strings.Contains(text, "cpu:") {
		t.Errorf("it speaks of CPU:\n%s", text)
	}
}

// A new process behind the same monitor, or counters that wrapped: no window
// may span the reset.
func TestCountersThatGoBack(t *testing.T) {
	s := newSizer(t, SizerConfig{})
	for range 5 {
		p := steady
		p.sample.At = s.clock
		if p.sample.At.IsZero() {
			p.sample.At = sizingStart
		}
		p.sample.Cycles, p.sample.GOGC, p.heap = 1, 100, p.live
		p.run(s, 10*time.Minute, nil)
	}
	load := RightSize(s, finding.OK).GCLoad
	if math.Abs(load.AllocRate/(64*mib)-1) > 0.02 || math.Abs(load.CPUPerCycle/0.01-1) > 0.02 {
		t.Errorf("the load is %+v, want 64 MiB/s and 10 ms per cycle", load)
	}
}

func TestAClockThatIsSetBackOrJumps(t *testing.T) {
	s := newSizer(t, SizerConfig{})
	p := steady
	p.run(s, time.Hour, nil)
	before := RightSize(s, finding.OK)
	p.sample.At = p.sample.At.AddDate(-3, 0, 0)
	p.run(s, time.Minute, nil)
	p.sample.At = p.sample.At.AddDate(50, 0, 0)
	p.run(s, time.Hour, nil)
	after := RightSize(s, finding.OK)
	if before.Memory != after.Memory {
		t.Errorf("memory was %+v and is %+v", before.Memory, after.Memory)
	}
	if after.Observed > 27*time.Hour {
		t.Errorf("it claims to have looked for %v, want two hours and at most a day for the jump", after.Observed)
	}
}

func TestValidateSizerConfig(t *testing.T) {
	for field, bad := range map[string]SizerConfig{
		"MinAge": {MinAge: time.Millisecond}, "Request": {Request: 1 << 60}, "RequestCores": {RequestCores: math.NaN()},
	} {
		if _, err := NewSizer(bad); err == nil || !strings.Contains(err.Error(), "SizerConfig."+field) {
			t.Errorf("%s: error is %v", field, err)
		}
	}
}

func TestSizerIsSmallAndAddAllocatesNothing(t *testing.T) {
	s := newSizer(t, SizerConfig{})
	p := steady
	p.run(s, time.Minute, nil)
	n := testing.AllocsPerRun(100, func() { p.run(s, time.Second, nil) })
	if n != 0 {
		t.Errorf("a reading allocates %v times", n)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		_ = newSizer(t, SizerConfig{})
	}
	runtime.ReadMemStats(&after)
	if bytes := (after.TotalAlloc - before.TotalAlloc) / 100; bytes > 20<<10 {
		t.Errorf("a Sizer takes %d bytes, want at most 20 KiB", bytes)
	}
}

func TestManyReadersWhileItGathers(t *testing.T) {
	s := newSizer(t, SizerConfig{})
	p := steady
	p.run(s, 20*time.Minute, nil)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 20 {
				_ = RightSize(s, finding.OK).String()
			}
		})
	}
	p.run(s, time.Minute, nil)
	readers.Wait()
}
