package heap

import "github.com/govitals/govitals/metric"

// The table of everything that a Monitor reports.
var (
	descLive = metric.Desc{
		Name: "heap.live", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Heap memory that the latest garbage collection found reachable. Moves only when a collection ends.",
		Action: "If its minimum rises day after day under the same load, something is kept that should be dropped.",
	}
	descYoung = metric.Desc{
		Name: "heap.young", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Heap memory besides live: allocated since the latest collection, or dead and not swept yet.",
		Action: "Read it to explain a high RSS; do not trend it, it is a saw-tooth.",
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
	descStacks = metric.Desc{
		Name: "heap.stacks", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Memory of goroutine stacks.",
		Action: "If it grows with live memory flat, goroutines pile up: look at the goroutine count.",
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
	descAllocated = metric.Desc{
		Name: "heap.allocated", Unit: "By", Kind: metric.KindCounter, OTelName: "go.memory.allocated",
		Help:   "Bytes ever allocated on the heap.",
		Action: "Its rate is the garbage collector's workload; profile allocations if it rises faster than requests.",
	}
	descCycles = metric.Desc{
		Name: "heap.cycles", Unit: "{cycle}", Kind: metric.KindCounter,
		Help:   "Completed garbage collections.",
		Action: "Several per second mean that the heap is too small for the allocation rate.",
	}
	descCycleAge = metric.Desc{
		Name: "heap.cycle_age", Unit: "s", Kind: metric.KindGauge,
		Help:   "Time since the latest garbage collection ended, which is how old heap.live is.",
		Action: "If it is above two minutes, live memory is stale: the process is idle or paused.",
	}
	descLimit = metric.Desc{
		Name: "heap.limit", Unit: "By", Kind: metric.KindUpDownCounter, Labels: []string{"source"},
		Help:   "Memory limits in force, by source: gomemlimit, or cgroup (the lowest of the group and its ancestors).",
		Action: "If cgroup is there and gomemlimit is not, set GOMEMLIMIT to about 90 % of it.",
	}
)

// Describe implements [metric.Source].
func (m *Monitor) Describe() []metric.Desc {
	return []metric.Desc{
		descLive, descYoung, descCommitted, descIdle, descStacks, descHeld,
		descGoal, descAllocated, descCycles, descCycleAge, descLimit,
	}
}

// Collect implements [metric.Source]. It emits nothing before Start, and what
// is known only after a collection not before the first one.
func (m *Monitor) Collect(emit func(metric.Sample)) {
	s := m.Snapshot()
	if s.At.IsZero() {
		return
	}
	figure := func(desc metric.Desc, value uint64) { emit(metric.Sample{Desc: desc, Value: float64(value)}) }
	if s.Cycles > 0 {
		figure(descLive, s.Live)
		figure(descYoung, s.Young)
		emit(metric.Sample{Desc: descCycleAge, Value: s.At.Sub(s.LastCycle).Seconds()})
	}
	figure(descCommitted, s.Committed)
	figure(descIdle, s.Idle)
	figure(descStacks, s.Stacks)
	figure(descHeld, s.Held)
	figure(descGoal, s.Goal)
	figure(descAllocated, s.Allocated)
	figure(descCycles, s.Cycles)
	for _, limit := range s.Limits {
		emit(metric.Sample{Desc: descLimit, LabelValues: []string{limit.Source}, Value: float64(limit.Bytes)})
	}
}
