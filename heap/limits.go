package heap

import (
	"cmp"
	"errors"
	"os"
	"runtime"
	"slices"

	"github.com/govitals/govitals/internal/cgroup"
)

// Limit is an amount of memory at which something happens to the process.
type Limit struct {
	// Bytes is the limit, never 0.
	Bytes uint64
	// Source says who sets it: SourceGo or SourceCgroup.
	Source string
	// File is where it is set, "" for SourceGo.
	File string
}

// The sources of limits, as they appear in the label "source".
const (
	// SourceGo is GOMEMLIMIT or debug.SetMemoryLimit: beyond it the collector
	// works harder and harder; the process is not killed.
	SourceGo = "gomemlimit"
	// SourceCgroup is the control group: beyond it the kernel kills.
	SourceCgroup = "cgroup"
)

// readLimits returns the limits in force, the lowest first, and why one is not
// known. No control group is not a problem; one that cannot be read is.
func readLimits(memoryLimit uint64, find func() (*cgroup.Group, error)) ([]Limit, error) {
	var known []Limit
	if memoryLimit > 0 {
		known = append(known, Limit{Bytes: memoryLimit, Source: SourceGo})
	}
	kernel, problem := cgroupLimit(find)
	if kernel.Bytes > 0 {
		known = append(known, Limit{Bytes: kernel.Bytes, Source: SourceCgroup, File: kernel.File})
	}
	if errors.Is(problem, cgroup.ErrNone) {
		problem = nil
	}
	slices.SortFunc(known, func(a, b Limit) int { return cmp.Compare(a.Bytes, b.Bytes) })
	return known, problem
}

func cgroupLimit(find func() (*cgroup.Group, error)) (cgroup.Limit, error) {
	group, err := find()
	if err != nil {
		return cgroup.Limit{}, err
	}
	return group.MemoryLimit()
}

// findCgroup looks at the machine that the process runs on. Control groups
// exist on Linux alone.
func findCgroup() (*cgroup.Group, error) {
	if runtime.GOOS != "linux" {
		return nil, cgroup.ErrNone
	}
	return cgroup.Find(os.DirFS("/"))
}
