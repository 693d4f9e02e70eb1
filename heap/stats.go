package heap

import (
	"time"

	"github.com/govitals/govitals/internal/rtm"
)

// Stats is one reading of the Go heap. Sizes are bytes, counters run since the
// start of the process.
type Stats struct {
	// At is when the reading was taken.
	At time.Time
	// Cycles counts completed garbage collections. While it is 0, Live and
	// Young are not known.
	Cycles uint64
	// ForcedCycles counts those that the program asked for.
	ForcedCycles uint64
	// LimiterCycle is the latest cycle in which the collector was held back to
	// half of the CPU because it could not keep up. 0 means never.
	LimiterCycle uint64
	// Live is what the latest collection found reachable. It includes what was
	// allocated while that collection ran.
	Live uint64
	// Young is what is on the heap besides Live: allocated since the latest
	// collection, or dead and not swept yet.
	Young uint64
	// Objects is all that is on the heap: Live plus Young.
	Objects uint64
	// ObjectCount is how many objects that is.
	ObjectCount uint64
	// Allocated is the total ever allocated on the heap.
	Allocated uint64
	// Goal is the heap size at which the next collection is due.
	Goal uint64
	// Stacks is the memory of goroutine stacks.
	Stacks uint64
	// Unused is memory reserved for objects but not holding any:
	// fragmentation.
	Unused uint64
	// Idle is heap memory that is free and not yet given back.
	Idle uint64
	// Released is heap memory that was given back to the operating system.
	Released uint64
	// Committed is the heap and its stacks as far as they hold physical
	// memory: Objects, Unused, Idle and Stacks.
	Committed uint64
	// ProfilerBuckets is memory of the runtime's profiles: one bucket for each
	// distinct stack that allocated, blocked or held a lock. It never shrinks.
	ProfilerBuckets uint64
	// Metadata is all else that the runtime holds: its tables of the heap and
	// the stacks of its threads.
	Metadata uint64
	// Held is everything that the runtime holds: Committed, ProfilerBuckets and
	// Metadata. It is what GOMEMLIMIT limits.
	Held uint64
	// MemoryLimit is GOMEMLIMIT, 0 if it is not set.
	MemoryLimit uint64
	// GOGC is the growth over live memory, in percent, at which the next
	// collection is due; below 0 where that is off, as in debug.SetGCPercent.
	GOGC int
	// CPUTotal is the CPU time, in seconds, that the process could have used:
	// GOMAXPROCS times the time that passed. This and the next three move only
	// when a collection ends; the runtime calls them overestimates that may be
	// compared with each other alone.
	CPUTotal float64
	// CPUGC is what garbage collection took of it.
	CPUGC float64
	// CPUGCIdle is the part of CPUGC that ran on processors with nothing else
	// to do.
	CPUGCIdle float64
	// CPUGCAssist is the part of CPUGC that goroutines had to do themselves
	// before they could allocate.
	CPUGCAssist float64
	// FinalizersQueued and FinalizersExecuted count the functions of
	// runtime.SetFinalizer that became due, and those that were run.
	FinalizersQueued, FinalizersExecuted uint64
	// CleanupsQueued and CleanupsExecuted count those of runtime.AddCleanup.
	CleanupsQueued, CleanupsExecuted uint64
}

// What reader reads.
const (
	sampleCycles = iota
	sampleForcedCycles
	sampleLimiterCycle
	sampleLive
	sampleObjects
	sampleObjectCount
	sampleAllocated
	sampleGoal
	sampleStacks
	sampleUnused
	sampleIdle
	sampleReleased
	sampleProfilerBuckets
	sampleTotal
	sampleMemoryLimit
	sampleGOGC
	sampleCPUTotal
	sampleCPUGC
	sampleCPUGCIdle
	sampleCPUGCAssist
	sampleFinalizersQueued
	sampleFinalizersExecuted
	sampleCleanupsQueued
	sampleCleanupsExecuted
)

// reader reads what Stats needs; see runtime/metrics/description.go.
var reader = rtm.NewReader([]string{
	sampleCycles:             "/gc/cycles/total:gc-cycles",
	sampleForcedCycles:       "/gc/cycles/forced:gc-cycles",
	sampleLimiterCycle:       "/gc/limiter/last-enabled:gc-cycle",
	sampleLive:               "/gc/heap/live:bytes",
	sampleObjects:            "/memory/classes/heap/objects:bytes",
	sampleObjectCount:        "/gc/heap/objects:objects",
	sampleAllocated:          "/gc/heap/allocs:bytes",
	sampleGoal:               "/gc/heap/goal:bytes",
	sampleStacks:             "/memory/classes/heap/stacks:bytes",
	sampleUnused:             "/memory/classes/heap/unused:bytes",
	sampleIdle:               "/memory/classes/heap/free:bytes",
	sampleReleased:           "/memory/classes/heap/released:bytes",
	sampleProfilerBuckets:    "/memory/classes/profiling/buckets:bytes",
	sampleTotal:              "/memory/classes/total:bytes",
	sampleMemoryLimit:        "/gc/gomemlimit:bytes",
	sampleGOGC:               "/gc/gogc:percent",
	sampleCPUTotal:           "/cpu/classes/total:cpu-seconds",
	sampleCPUGC:              "/cpu/classes/gc/total:cpu-seconds",
	sampleCPUGCIdle:          "/cpu/classes/gc/mark/idle:cpu-seconds",
	sampleCPUGCAssist:        "/cpu/classes/gc/mark/assist:cpu-seconds",
	sampleFinalizersQueued:   "/gc/finalizers/queued:finalizers",
	sampleFinalizersExecuted: "/gc/finalizers/executed:finalizers",
	sampleCleanupsQueued:     "/gc/cleanups/queued:cleanups",
	sampleCleanupsExecuted:   "/gc/cleanups/executed:cleanups",
}...)

// noMemoryLimit is what the runtime reports while GOMEMLIMIT is not set.
const noMemoryLimit = 1<<63 - 1

// Read fills s with the state of the heap. It does not allocate and does not
// stop the world. It may be called from any goroutine.
func Read(s *Stats) {
	reader.Read(s.fill)
	s.At = time.Now()
}

func (s *Stats) fill(v rtm.Values) {
	s.Cycles = v.Uint64(sampleCycles)
	s.ForcedCycles = v.Uint64(sampleForcedCycles)
	s.LimiterCycle = v.Uint64(sampleLimiterCycle)
	s.Live = v.Uint64(sampleLive)
	s.Objects = v.Uint64(sampleObjects)
	s.ObjectCount = v.Uint64(sampleObjectCount)
	s.Allocated = v.Uint64(sampleAllocated)
	s.Goal = v.Uint64(sampleGoal)
	s.Stacks = v.Uint64(sampleStacks)
	s.Unused = v.Uint64(sampleUnused)
	s.Idle = v.Uint64(sampleIdle)
	s.Released = v.Uint64(sampleReleased)
	s.ProfilerBuckets = v.Uint64(sampleProfilerBuckets)
	s.Held = v.Uint64(sampleTotal) - s.Released
	s.derive()
	s.fillSettings(v)
	s.CPUTotal = v.Float64(sampleCPUTotal)
	s.CPUGC = v.Float64(sampleCPUGC)
	s.CPUGCIdle = v.Float64(sampleCPUGCIdle)
	s.CPUGCAssist = v.Float64(sampleCPUGCAssist)
	s.FinalizersQueued = v.Uint64(sampleFinalizersQueued)
	s.FinalizersExecuted = v.Uint64(sampleFinalizersExecuted)
	s.CleanupsQueued = v.Uint64(sampleCleanupsQueued)
	s.CleanupsExecuted = v.Uint64(sampleCleanupsExecuted)
}

// derive fills what follows from other fields.
func (s *Stats) derive() {
	s.Young = s.Objects - min(s.Live, s.Objects)
	s.Committed = s.Objects + s.Unused + s.Idle + s.Stacks
	s.Metadata = s.Held - min(s.Committed+s.ProfilerBuckets, s.Held)
}

func (s *Stats) fillSettings(v rtm.Values) {
	s.MemoryLimit = v.Uint64(sampleMemoryLimit)
	if s.MemoryLimit == noMemoryLimit {
		s.MemoryLimit = 0
	}
	// Off is -1, which the runtime converts from an int32 to a uint64.
	s.GOGC = int(int32(v.Uint64(sampleGOGC)))
}

// LimiterOn reports whether the collector hit its own limit of half the CPU in
// the present cycle or the one before: it can no longer keep up.
func (s Stats) LimiterOn() bool {
	return s.LimiterCycle > 0 && s.Cycles <= s.LimiterCycle+1
}

// FinalizerBacklog returns how many finalizers are due and have not run. The
// runtime counts them in batches of some hundred, so a few are always open.
func (s Stats) FinalizerBacklog() uint64 {
	return s.FinalizersQueued - min(s.FinalizersExecuted, s.FinalizersQueued)
}

// CleanupBacklog returns how many cleanups are due and have not run.
func (s Stats) CleanupBacklog() uint64 {
	return s.CleanupsQueued - min(s.CleanupsExecuted, s.CleanupsQueued)
}

// Fragmentation returns the share of the memory reserved for objects that holds
// none, 0 to 1.
func (s Stats) Fragmentation() float64 {
	if s.Objects+s.Unused == 0 {
		return 0
	}
	return float64(s.Unused) / float64(s.Objects+s.Unused)
}
