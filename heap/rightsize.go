package heap

import (
	"cmp"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/decay"
)

// SizerConfig configures a [Sizer]. The zero value is recommended.
type SizerConfig struct {
	// MinAge is the time of observation before which there is no advice, at
	// least a second. Default: 10m.
	MinAge time.Duration
	// MinCycles is the number of garbage collections before which there is no
	// advice. Default: 10.
	MinCycles uint64
	// Request is the memory in bytes that the process asks its scheduler for
	// today; a process cannot read it by itself. Default: not known.
	Request uint64
	// RequestCores is the CPU in cores that it asks for. Default: not known.
	RequestCores float64
}

// Validate returns an error that names the field that is wrong.
func (c SizerConfig) Validate() error {
	switch {
	case c.MinAge != 0 && c.MinAge < time.Second:
		return fmt.Errorf("heap: SizerConfig.MinAge is %v: use 1s or more, or 0 for 10m", c.MinAge)
	case c.Request > maxSize:
		return fmt.Errorf("heap: SizerConfig.Request is %d: use a number of bytes up to 16 TiB, or 0 if it is not known", c.Request)
	case !isFigure(c.RequestCores) || c.RequestCores > maxCores:
		return fmt.Errorf("heap: SizerConfig.RequestCores is %v: use a number of cores up to %d, or 0 if it is not known", c.RequestCores, maxCores)
	}
	return nil
}

func (c SizerConfig) minAge() time.Duration { return cmp.Or(c.MinAge, 10*time.Minute) }

func (c SizerConfig) minCycles() uint64 { return cmp.Or(c.MinCycles, 10) }

// What is remembered, and how. Half-life and buckets are those of the vertical
// pod autoscaler of Kubernetes, which takes the peak of each day; processes
// rarely live for many days, so here it is that of each hour.
const (
	sizingHalfLife = 24 * time.Hour
	sizingRatio    = 1.05
	sizingInterval = time.Hour
	// sizingMemory is how many half-lives a limit remembers the highest peak.
	sizingMemory = 8
	// cpuWindow is the least time over which CPU usage is averaged.
	cpuWindow = time.Second

	leastSize = 64 << 10 // bytes that are told apart, up to 16 TiB
	maxSize   = 1 << 44
	leastCore = 0.001
	maxCores  = 1 << 16
)

// Sizer gathers what [RightSize] needs: the distributions of live memory, of
// what the process holds besides and of CPU usage, and the load on the
// collector. Its memory is fixed, about 16 KiB. All methods may be called from
// any goroutine.
type Sizer struct {
	config SizerConfig

	mu      sync.Mutex
	first   time.Time // of the clock
	clock   time.Time // that of the samples, but it never goes back
	last    sizingSample
	refused uint64 // samples that no process can have

	marked, overhead, offHeap *decay.Peaks
	cycles                    uint64
	cycleAt                   time.Time // when a collection was last new
	cycle                     sizingSample
	gc                        gcSums
	cpu                       cpuUse
}

// NewSizer returns a Sizer that has seen nothing yet. The error is that of
// [SizerConfig.Validate].
func NewSizer(config SizerConfig) (*Sizer, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	bytes := decay.Config{Least: leastSize, Most: 4 * maxSize, Ratio: sizingRatio, HalfLife: sizingHalfLife}
	return &Sizer{
		config:   config,
		marked:   decay.NewPeaks(bytes, sizingInterval),
		overhead: decay.NewPeaks(bytes, sizingInterval),
		offHeap:  decay.NewPeaks(bytes, sizingInterval),
		cpu:      newCPUUse(),
	}, nil
}

// sizingSample is one reading of what a Sizer needs. Sizes are bytes, counters
// and CPU times run since the start of the process; a counter that goes back
// starts anew. 0 is "not known" where nothing else is said.
type sizingSample struct {
	At     time.Time
	Cycles uint64 // 0: nothing about memory is known yet
	Live   uint64
	Goal   uint64
	Roots  uint64 // stacks and globals that a collection scans: /gc/scan/stack and /gc/scan/globals
	GOGC   int    // negative: off

	AllocatedTotal uint64
	Stacks         uint64
	Metadata       uint64 // what the runtime holds besides objects, idle memory, Stacks and Buckets
	Unused         uint64 // the part of Metadata that lies between objects
	Idle           uint64 // heap memory without objects, not given back
	Buckets        uint64 // of the profiler
	OffHeap        int64  // RSS minus all that the runtime holds; may be negative

	GCCPUSeconds   float64 // of the collector, without idle marking
	ProcCPUSeconds float64 // that the program could have used: /cpu/classes/total

	UsedCPUSeconds   float64 // of the control group or, if not UsedByGroup, of the process
	UsedByGroup      bool
	ThrottledSeconds float64
	Periods          uint64 // of the CPU quota, and those of them that were throttled
	ThrottledPeriods uint64
	CPUQuota         float64 // cores, 0 for none

	MemoryLimit uint64 // GOMEMLIMIT, 0 for none
	KernelLimit uint64 // of the control group, 0 for none
}

// add takes a reading. One that no process can have is counted and left out.
func (s *Sizer) add(x sizingSample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marked == nil { // a zero Sizer keeps nothing
		return
	}
	if !x.plausible() {
		s.refused++
		return
	}
	s.advance(x.At)
	if x.Cycles < s.last.Cycles || x.AllocatedTotal < s.last.AllocatedTotal {
		s.cycle = sizingSample{} // another process, or counters that were reset
	}
	if x.Cycles > 0 {
		s.addMemory(x)
		s.addCycles(x)
	}
	s.cpu.add(s.clock, x)
	s.last = x
}

// plausible reports whether a process can be of this size.
func (x sizingSample) plausible() bool {
	for _, size := range []uint64{x.Live, x.Roots, x.Stacks, x.Metadata, x.Unused, x.Idle, x.Buckets} {
		if size > maxSize {
			return false
		}
	}
	return !x.At.IsZero() && x.OffHeap <= maxSize
}

// advance moves the clock by the time since the latest sample. A clock that is
// set back stands still, one that jumps ahead costs a half-life at most.
func (s *Sizer) advance(at time.Time) {
	if s.first.IsZero() {
		s.first, s.clock = at, at
		return
	}
	s.clock = s.clock.Add(min(max(0, at.Sub(s.last.At)), sizingHalfLife))
}

func (s *Sizer) addMemory(x sizingSample) {
	s.marked.Add(s.clock, float64(x.Live)+float64(x.Roots))
	// Roots count with what is marked, and lie within stacks and off-heap memory.
	held := float64(x.Stacks) + float64(x.Metadata) + float64(x.Buckets)
	s.overhead.Add(s.clock, max(0, held-float64(x.Roots)))
	s.offHeap.Add(s.clock, float64(max(0, x.OffHeap)))
	s.gc.addFree(x.Unused, x.Idle)
}

// addCycles accounts for the collections since they were last new.
func (s *Sizer) addCycles(x sizingSample) {
	before := s.cycle
	if before.Cycles == x.Cycles {
		return
	}
	length := s.clock.Sub(s.cycleAt)
	if before.Cycles > 0 && length > 0 {
		s.cycles += x.Cycles - before.Cycles
		s.gc.add(windowBetween(before, x, length), sizingHalfLife)
	}
	s.cycle, s.cycleAt = x, s.clock
}

func windowBetween(before, now sizingSample, length time.Duration) gcWindow {
	w := gcWindow{
		length:    length,
		cycles:    float64(now.Cycles - before.Cycles),
		allocated: float64(now.AllocatedTotal - before.AllocatedTotal),
		marked:    float64(now.Live) + float64(now.Roots),
		gcCPU:     risen(before.GCCPUSeconds, now.GCCPUSeconds),
		procCPU:   risen(before.ProcCPUSeconds, now.ProcCPUSeconds),
	}
	if before.Goal > before.Live && before.Goal <= maxSize {
		w.room = float64(before.Goal - before.Live)
	}
	return w
}

// risen is by how much a counter of seconds rose, -1 if that is not known. CPU
// counters start at 0 and are above it when the first figures are read.
func risen(before, now float64) float64 {
	if !isFigure(before) || !isFigure(now) || now == 0 || now < before || now-before > math.MaxInt32 {
		return -1
	}
	return now - before
}
