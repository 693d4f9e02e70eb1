package heap

import "github.com/govitals/govitals/metric"

// The table of limits and of what the kernel says.
var (
	descLimit = metric.Desc{
		Name: "heap.limit", Unit: "By", Kind: metric.KindUpDownCounter, Labels: []string{"source"},
		Help:   "Memory limits in force, by source: gomemlimit, or cgroup (the lowest of the group and its ancestors).",
		Action: "If cgroup is there and gomemlimit is not, set GOMEMLIMIT to about 90 % of it.",
	}
	descUtilization = metric.Desc{
		Name: "heap.limit.utilization", Unit: "1", Kind: metric.KindGauge, Labels: []string{"source"},
		Help: "Share of a limit that is used: what the runtime holds of gomemlimit, the working set of the limit of the cgroup. " +
			"With GOGC=off the first is always near 1, which is no alarm.",
		Action: "If cgroup is above 0.9, the next peak may end the process: raise the limit or find what grows.",
	}
	descLiveShare = metric.Desc{
		Name: "heap.limit.live", Unit: "1", Kind: metric.KindGauge, Labels: []string{"source"},
		Help:   "Share of a limit that live memory alone takes. It leaves out garbage, so it is fit for alarms whatever GOGC is.",
		Action: "Above 0.5 the heap cannot double before a collection, above 0.9 the collector is busy all the time: raise the limit.",
	}
	descHeadroom = metric.Desc{
		Name: "heap.headroom", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Memory that can be added before the kernel kills, over the group and its ancestors; without a limit of the kernel, before GOMEMLIMIT is reached.",
		Action: "If it falls towards 0, drain and restart the process before the kernel does.",
	}
	descRSS = metric.Desc{
		Name: "heap.rss", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Resident memory of the process, shared pages and the program file included. Read every ten seconds.",
		Action: "If it grows while heap.held does not, look at heap.off_heap.",
	}
	descOffHeap = metric.Desc{
		Name: "heap.off_heap", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "RSS minus what the Go runtime holds: C code, mmap, the program file. Below 0 where heap is held that was never touched; its trend is the signal.",
		Action: "If it rises for hours, the leak is in C code or in mmap: Go's heap profile will not show it.",
	}
	descWorkingSet = metric.Desc{
		Name: "heap.cgroup.working_set", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Memory of the control group that the kernel cannot easily take back: its usage without inactive file pages, other processes of the group included.",
		Action: "Compare with heap.rss: what is more belongs to other processes, tmpfs or the page cache.",
	}
	descAnon = metric.Desc{
		Name: "heap.cgroup.anon", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Memory of the control group that no file backs: heap, stacks and C memory of all its processes.",
		Action: "Size limits by this and not by usage, which page cache fills up to the limit.",
	}
	descOOMKills = metric.Desc{
		Name: "heap.cgroup.oom_kills", Unit: "{kill}", Kind: metric.KindCounter,
		Help:   "Processes of the control group that the kernel killed because memory ran out.",
		Action: "If it rises, a neighbour in the group was killed and this process may be next: raise the limit.",
	}
	descStalled = metric.Desc{
		Name: "heap.cgroup.stalled", Unit: "s", Kind: metric.KindCounter, Labels: []string{"kind"},
		Help:   "Time in which threads of the control group waited for memory: some of them, or all of them (full). Version 2 only.",
		Action: "If full rises by more than 0.1 per second, the group thrashes: raise the limit.",
	}
)

func (s *Snapshot) collectLimits(emit sample) {
	for _, limit := range s.Limits {
		emit.labelled(descLimit, limit.Source, float64(limit.Bytes))
		if used, ok := s.Utilization(limit); ok {
			emit.labelled(descUtilization, limit.Source, used)
		}
		if used, ok := s.LiveShare(limit); ok {
			emit.labelled(descLiveShare, limit.Source, used)
		}
	}
	if room, ok := s.Headroom(); ok {
		emit.bytes(descHeadroom, room)
	}
}

func (s *Snapshot) collectKernel(emit sample) {
	k := s.Kernel
	if k.RSS > 0 {
		emit.bytes(descRSS, k.RSS)
		emit.number(descOffHeap, float64(k.OffHeap))
	}
	if k.WorkingSet > 0 {
		emit.bytes(descWorkingSet, k.WorkingSet)
	}
	if k.Anon > 0 {
		emit.bytes(descAnon, k.Anon)
	}
	if k.HasOOMKills {
		emit.bytes(descOOMKills, k.OOMKills)
	}
	if k.HasStalled {
		emit.labelled(descStalled, "some", k.StalledSome.Seconds())
		emit.labelled(descStalled, "full", k.StalledFull.Seconds())
	}
}
