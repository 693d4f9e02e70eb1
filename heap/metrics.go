package heap

import "github.com/govitals/govitals/metric"

// The table of what the runtime says about the heap itself. What follows from
// cycles is in metrics_gc.go, what the kernel says in metrics_limits.go.
var (
	descLive = metric.Desc{
		Name: "heap.live", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Heap memory that the latest garbage collection found reachable. Moves only when a collection ends; includes what was allocated while it ran.",
		Action: "If its minimum rises day after day under the same load, something is kept that should be dropped.",
	}
	descYoung = metric.Desc{
		Name: "heap.young", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Heap memory besides live: allocated since the latest collection, or dead and not swept yet. An accounting view: Go's collector has no generations.",
		Action: "Read it to explain a high RSS; do not trend it, it is a saw-tooth.",
	}
	descObjects = metric.Desc{
		Name: "heap.objects", Unit: "{object}", Kind: metric.KindUpDownCounter,
		Help:   "Objects on the heap, dead ones that are not swept yet included.",
		Action: "If it rises with heap.live flat, many small objects replace a few large ones: marking gets dearer.",
	}
	descCommitted = metric.Desc{
		Name: "heap.committed", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Heap and goroutine stacks as far as they hold physical memory: objects, fragmentation, idle and stacks.",
		Action: "If it stays far above live, look at heap.idle: the peak was higher and memory is being given back slowly.",
	}
	descIdle = metric.Desc{
		Name: "heap.idle", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Heap memory that is free and not yet given back to the operating system.",
		Action: "None: the runtime gives it back by itself.",
	}
	descReleased = metric.Desc{
		Name: "heap.released", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Address space of the heap whose memory was given back to the operating system. It costs nothing and counts towards no limit.",
		Action: "None: it shows how much larger the heap once was.",
	}
	descFragmentation = metric.Desc{
		Name: "heap.fragmentation", Unit: "1", Kind: metric.KindGauge,
		Help:   "Share of the memory reserved for objects that holds none. Highest just after a collection, since freed slots wait for objects of their own size.",
		Action: "If it stays above a half, a few long-lived objects pin many pages: allocate them together or at start.",
	}
	descStacks = metric.Desc{
		Name: "heap.stacks", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Memory of goroutine stacks. They shrink in collections only.",
		Action: "If it grows with live memory flat, goroutines pile up: look at the goroutine count.",
	}
	descProfiler = metric.Desc{
		Name: "heap.profiler", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Memory of the runtime's own profiles, one bucket for each distinct stack. It never shrinks, and GOMEMLIMIT counts it.",
		Action: "If it grows, distinct stacks do: look for deep recursion, or profile less (golang/go#69590).",
	}
	descHeld = metric.Desc{
		Name: "heap.held", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "All memory that the Go runtime holds, its own tables included: what GOMEMLIMIT limits.",
		Action: "Compare with RSS: what is missing here belongs to C code, mmap or the kernel.",
	}
	descGoal = metric.Desc{
		Name: "heap.goal", Unit: "By", Kind: metric.KindUpDownCounter, OTelName: "go.memory.gc.goal",
		Help:   "Heap size at which the next garbage collection is due.",
		Action: "If it is above the container's limit, set GOMEMLIMIT.",
	}
	descGOGC = metric.Desc{
		Name: "heap.gogc", Unit: "%", Kind: metric.KindUpDownCounter, OTelName: "go.config.gogc",
		Help:   "GOGC or debug.SetGCPercent: growth over live memory at which the next collection is due. Absent where that is off.",
		Action: "If it changes while the process runs, so do goal and young; compare only times with the same value.",
	}
	descAllocated = metric.Desc{
		Name: "heap.allocated", Unit: "By", Kind: metric.KindCounter, OTelName: "go.memory.allocated",
		Help:   "Bytes ever allocated on the heap.",
		Action: "Its rate is the garbage collector's workload; profile allocations if it rises faster than requests.",
	}
	descSpace = metric.Desc{
		Name: "heap.space", Unit: "By", Kind: metric.KindUpDownCounter, Labels: []string{"space"},
		Help: "Memory by use, for those who know such a family from Node or the JVM: old (live) and young, from the first collection on, " +
			"unused, idle, stacks, profiler and metadata, which add up to what the runtime holds, and off_heap, RSS beyond that and never below 0. " +
			"The spaces are an accounting view: Go's heap has none.",
		Action: "Stack them in one chart: the one that grows is where to look.",
	}
)

// sample emits figures in the shapes that the table needs.
type sample func(metric.Sample)

func (emit sample) bytes(desc metric.Desc, value uint64) { emit.number(desc, float64(value)) }

func (emit sample) number(desc metric.Desc, value float64) {
	emit(metric.Sample{Desc: desc, Value: value})
}

func (emit sample) labelled(desc metric.Desc, label string, value float64) {
	emit(metric.Sample{Desc: desc, LabelValues: []string{label}, Value: value})
}

// Describe implements [metric.Source].
func (m *Monitor) Describe() []metric.Desc {
	return []metric.Desc{
		descLive, descYoung, descObjects, descCommitted, descIdle, descReleased, descFragmentation, descStacks,
		descProfiler, descHeld, descGoal, descGOGC, descAllocated, descSpace,
		descCycles, descForcedCycles, descCycleAge, descCycleSpan, descCycleAllocated, descCyclePromoted,
		descCycleSurvival, descCycleCohort, descGCCPU, descGCPauseMax, descGCPauseP99, descGCLimiter, descQueued, descExecuted,
		descLimit, descUtilization, descLiveShare, descHeadroom, descRSS, descOffHeap, descWorkingSet, descAnon, descOOMKills, descStalled,
	}
}

// Collect implements [metric.Source]. It emits nothing before Start, and what
// is known only after a collection not before the first one.
func (m *Monitor) Collect(emit func(metric.Sample)) {
	s := m.Snapshot()
	if s.At.IsZero() {
		return
	}
	s.collectHeap(emit)
	s.collectSpaces(emit)
	s.collectCycles(emit)
	s.collectGC(emit)
	s.collectLimits(emit)
	s.collectKernel(emit)
}

func (s *Snapshot) collectHeap(emit sample) {
	if s.Cycles > 0 {
		emit.bytes(descLive, s.Live)
		emit.bytes(descYoung, s.Young)
	}
	emit.bytes(descObjects, s.ObjectCount)
	emit.bytes(descCommitted, s.Committed)
	emit.bytes(descIdle, s.Idle)
	emit.bytes(descReleased, s.Released)
	emit.number(descFragmentation, s.Fragmentation())
	emit.bytes(descStacks, s.Stacks)
	emit.bytes(descProfiler, s.ProfilerBuckets)
	emit.bytes(descHeld, s.Held)
	emit.bytes(descGoal, s.Goal)
	if s.GOGC >= 0 {
		emit.number(descGOGC, float64(s.GOGC))
	}
	emit.bytes(descAllocated, s.Allocated)
}

func (s *Snapshot) collectSpaces(emit sample) {
	if s.Cycles > 0 {
		emit.labelled(descSpace, "old", float64(s.Objects-s.Young))
		emit.labelled(descSpace, "young", float64(s.Young))
	}
	emit.labelled(descSpace, "unused", float64(s.Unused))
	emit.labelled(descSpace, "idle", float64(s.Idle))
	emit.labelled(descSpace, "stacks", float64(s.Stacks))
	emit.labelled(descSpace, "profiler", float64(s.ProfilerBuckets))
	emit.labelled(descSpace, "metadata", float64(s.Metadata))
	if s.Kernel.RSS > 0 {
		emit.labelled(descSpace, "off_heap", float64(max(0, s.Kernel.OffHeap)))
	}
}
