package heap

import "github.com/govitals/govitals/metric"

// The table of what garbage collections did and cost.
var (
	descCycles = metric.Desc{
		Name: "heap.cycles", Unit: "{cycle}", Kind: metric.KindCounter,
		Help:   "Completed garbage collections.",
		Action: "Several per second mean that the heap is too small for the allocation rate.",
	}
	descForcedCycles = metric.Desc{
		Name: "heap.forced_cycles", Unit: "{cycle}", Kind: metric.KindCounter,
		Help:   "Garbage collections that the program asked for, by runtime.GC or debug.FreeOSMemory.",
		Action: "If it rises in production, find the call: each marks the whole heap, and live memory looks lower than it is without them.",
	}
	descCycleAge = metric.Desc{
		Name: "heap.cycle_age", Unit: "s", Kind: metric.KindGauge,
		Help:   "Time since the latest garbage collection ended, which is how old heap.live is.",
		Action: "If it is above two minutes, live memory is stale: the process is idle or paused.",
	}
	descCycleSpan = metric.Desc{
		Name: "heap.cycle.span", Unit: "{cycle}", Kind: metric.KindGauge,
		Help:   "Collections over which the other heap.cycle figures are averaged: 1 where none was missed between two polls.",
		Action: "If it is above 1, read those figures as averages.",
	}
	descCycleAllocated = metric.Desc{
		Name: "heap.cycle.allocated", Unit: "By", Kind: metric.KindGauge,
		Help:   "Bytes allocated per collection, the latest first seen. Exact to one poll, since a poll comes up to a second after the collection.",
		Action: "Divide by the time between collections: that rate is the collector's workload.",
	}
	descCyclePromoted = metric.Desc{
		Name: "heap.cycle.promoted", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Net growth of live memory per collection: survivors among the new minus deaths among the old. May be below 0. What survived in gross cannot be observed.",
		Action: "If it stays above 0 for hours under the same load, live memory leaks at this rate.",
	}
	descCycleSurvival = metric.Desc{
		Name: "heap.cycle.survival", Unit: "1", Kind: metric.KindGauge,
		Help:   "Share of the heap that a collection found reachable: live of live before plus allocated, which stands for the heap at its start.",
		Action: "If it is near 1, collections free next to nothing: the heap is too small for what is live, or leaks.",
	}
	descCycleCohort = metric.Desc{
		Name: "heap.cycle.cohort_survival", Unit: "1", Kind: metric.KindGauge,
		Help:   "Share of newly allocated bytes that outlived a collection. A lower bound: old memory that died hides as much of the new.",
		Action: "If it rises under the same load, new objects are kept longer: look at caches and queues.",
	}
	descGCCPU = metric.Desc{
		Name: "heap.gc.cpu", Unit: "1", Kind: metric.KindGauge, Labels: []string{"part"},
		Help: "Share of the CPU that the process could have used (GOMAXPROCS times the time) that garbage collection took between the two latest polls that saw one: " +
			"compulsory what it took from the program, idle what it took from processors with nothing to do. The runtime overestimates both.",
		Action: "If compulsory is above 0.1, raise GOGC or the memory limit, or allocate less.",
	}
	descGCPauseMax = metric.Desc{
		Name: "heap.gc.pause_max", Unit: "s", Kind: metric.KindGauge,
		Help:   "Longest stop of the world for garbage collection in the last one to two minutes, rounded up to a bucket of the runtime. Absent if there was none.",
		Action: "If it is above a few milliseconds, a goroutine would not stop, or the CPU is throttled: look at event loop lag.",
	}
	descGCPauseP99 = metric.Desc{
		Name: "heap.gc.pause_p99", Unit: "s", Kind: metric.KindGauge,
		Help:   "99th percentile of the stops of the world for garbage collection in the last one to two minutes, rounded up to a bucket of the runtime.",
		Action: "Compare with the maximum: far below it, the long pause was a single one.",
	}
	descGCLimiter = metric.Desc{
		Name: "heap.gc.limiter", Unit: "{state}", Kind: metric.KindGauge,
		Help:   "1 while the collector is at its own limit of half the CPU (in the present cycle or the one before), else 0.",
		Action: "At 1 the process is in a death spiral below GOMEMLIMIT: raise the limit, or find what fills the heap.",
	}
	descQueued = metric.Desc{
		Name: "heap.finalizer.backlog", Unit: "{function}", Kind: metric.KindUpDownCounter, Labels: []string{"kind"},
		Help:   "Functions of runtime.SetFinalizer (finalizer) and runtime.AddCleanup (cleanup) that are due and have not run. Counted in batches, so some dozens may stay open.",
		Action: "If it grows, one of them blocks: goroutine profiles show it below runtime.runFinalizers or runtime.runCleanups.",
	}
	descExecuted = metric.Desc{
		Name: "heap.finalizer.executed", Unit: "{function}", Kind: metric.KindCounter, Labels: []string{"kind"},
		Help:   "Finalizers and cleanups that were run.",
		Action: "If it stands still while the backlog grows, what they should free leaks.",
	}
)

func (s *Snapshot) collectCycles(emit sample) {
	emit.bytes(descCycles, s.Cycles)
	emit.bytes(descForcedCycles, s.ForcedCycles)
	if s.Cycles > 0 {
		emit.number(descCycleAge, s.At.Sub(s.LastCycle).Seconds())
	}
	c := s.Cycle
	if c.Count == 0 {
		return
	}
	emit.bytes(descCycleSpan, c.Count)
	emit.bytes(descCycleAllocated, c.Allocated)
	emit.number(descCyclePromoted, float64(c.Promoted))
	emit.number(descCycleSurvival, c.Survival)
	if c.Allocated > 0 {
		emit.number(descCycleCohort, c.CohortSurvival)
	}
	emit.labelled(descGCCPU, "compulsory", c.GCShare)
	emit.labelled(descGCCPU, "idle", c.IdleShare)
}

func (s *Snapshot) collectGC(emit sample) {
	if s.Pauses.Count > 0 {
		emit.number(descGCPauseMax, s.Pauses.Max.Seconds())
		emit.number(descGCPauseP99, s.Pauses.P99.Seconds())
	}
	limiter := 0.0
	if s.LimiterOn() {
		limiter = 1
	}
	emit.number(descGCLimiter, limiter)
	emit.labelled(descQueued, "finalizer", float64(s.FinalizerBacklog()))
	emit.labelled(descQueued, "cleanup", float64(s.CleanupBacklog()))
	emit.labelled(descExecuted, "finalizer", float64(s.FinalizersExecuted))
	emit.labelled(descExecuted, "cleanup", float64(s.CleanupsExecuted))
}
