package heap

import (
	"cmp"
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

// limitsOf returns the limits in force, the lowest first.
func limitsOf(memoryLimit uint64, kernel cgroup.Limit) []Limit {
	var known []Limit
	if memoryLimit > 0 {
		known = append(known, Limit{Bytes: memoryLimit, Source: SourceGo})
	}
	if kernel.Bytes > 0 {
		known = append(known, Limit{Bytes: kernel.Bytes, Source: SourceCgroup, File: kernel.File})
	}
	slices.SortFunc(known, func(a, b Limit) int { return cmp.Compare(a.Bytes, b.Bytes) })
	return known
}

// Limit returns the lowest limit and whether there is one.
func (s Snapshot) Limit() (Limit, bool) {
	if len(s.Limits) == 0 {
		return Limit{}, false
	}
	return s.Limits[0], true
}

// kernelLimit returns the kernel's limit in bytes, 0 where none is known.
func (s Snapshot) kernelLimit() uint64 {
	for _, limit := range s.Limits {
		if limit.Source == SourceCgroup {
			return limit.Bytes
		}
	}
	return 0
}

// Headroom returns how much memory can be added before something happens: the
// room that the kernel leaves, or, where it sets no limit, that below
// GOMEMLIMIT. It returns false where neither is known. The kernel's files are
// read every ten seconds, and with each reading of the heap once less than a
// quarter of the limit is left.
func (s Snapshot) Headroom() (bytes uint64, ok bool) {
	switch {
	case s.Kernel.HasRoom:
		return s.Kernel.Room, true
	case s.MemoryLimit > 0:
		return s.MemoryLimit - min(s.Held, s.MemoryLimit), true
	}
	return 0, false
}

// memoryIsShort reports whether so little is left that the kernel's figures
// have to be fresh.
func (s Snapshot) memoryIsShort() bool {
	use, known := s.kernelUse()
	return known && use.limit-use.used < use.limit/4
}

// Utilization returns how much of a limit is used, 1 being all of it: what the
// runtime holds of GOMEMLIMIT, the working set of the control group's limit. It
// returns false where that is not known. With GOGC=off the runtime lets the
// heap grow to GOMEMLIMIT before it collects, so that one is always near 1:
// judge by LiveShare then.
func (s Snapshot) Utilization(limit Limit) (used float64, ok bool) {
	switch limit.Source {
	case SourceGo:
		return float64(s.Held) / float64(limit.Bytes), true
	case SourceCgroup:
		return float64(s.Kernel.WorkingSet) / float64(limit.Bytes), s.Kernel.WorkingSet > 0
	}
	return 0, false
}

// LiveShare returns how much of a limit live memory alone takes. It returns
// false before the first collection.
func (s Snapshot) LiveShare(limit Limit) (used float64, ok bool) {
	return float64(s.Live) / float64(limit.Bytes), s.Cycles > 0
}
