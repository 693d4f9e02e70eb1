package heap

import (
	"runtime"

	"github.com/govitals/govitals/internal/cgroup"
	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/internal/rtm"
)

// rootsReader reads what a collection scans besides the heap.
var rootsReader = rtm.NewReader("/gc/scan/stack:bytes", "/gc/scan/globals:bytes")

// Observe takes in what the Monitor knows now, and what the kernel says about
// the processor. Call it about once every ten seconds; it reads a handful of
// small files. Before the Monitor is started there is nothing to take in.
func (s *Sizer) Observe(m *Monitor) {
	snapshot := m.Snapshot()
	if snapshot.At.IsZero() {
		return
	}
	x := sizingSampleOf(snapshot)
	x.addCPU()
	rootsReader.Read(func(v rtm.Values) { x.Roots = v.Uint64(0) + v.Uint64(1) })
	s.add(x)
}

func sizingSampleOf(s Snapshot) sizingSample {
	return sizingSample{
		At: s.At, Cycles: s.Cycles, Live: s.Live, Goal: s.Goal, GOGC: s.GOGC, AllocatedTotal: s.Allocated,
		Stacks: s.Stacks, Metadata: s.Metadata + s.Unused, Unused: s.Unused, Idle: s.Idle,
		Buckets: s.ProfilerBuckets, OffHeap: s.Kernel.OffHeap,
		GCCPUSeconds: s.CPUGC - s.CPUGCIdle, ProcCPUSeconds: s.CPUTotal, MemoryLimit: s.MemoryLimit, KernelLimit: s.kernelLimit(),
	}
}

// addCPU reads usage, quota and throttling of the control group; where there is
// none, the usage of the process. What cannot be read stays unknown.
func (x *sizingSample) addCPU() {
	if used, err := proc.CPUTime(); err == nil {
		x.UsedCPUSeconds = used.Seconds()
	}
	if runtime.GOOS != "linux" {
		return
	}
	group, err := cgroup.FindCPU(proc.Files())
	if err != nil {
		return
	}
	if quota, err := group.Quota(); err == nil {
		x.CPUQuota, _ = quota.Cores()
	}
	stat, _ := group.Stat() // what cannot be read is 0
	if stat.HasUsage {
		x.UsedCPUSeconds, x.UsedByGroup = stat.Usage.Seconds(), true
	}
	x.ThrottledSeconds = stat.ThrottledTime.Seconds()
	x.Periods, x.ThrottledPeriods = stat.Periods, stat.Throttled
}
