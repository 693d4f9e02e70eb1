package heap

import (
	"fmt"
	"strings"

	"github.com/govitals/govitals/internal/text"
)

// row writes one line of the table.
type row func(name, value, meaning string)

// String writes the snapshot as a table that a person reads. What is not known
// is left out or said to be unknown.
func (s Snapshot) String() string {
	var b strings.Builder
	row := func(name, value, meaning string) {
		fmt.Fprintf(&b, "%-12s %10s   %s\n", name, value, meaning)
	}
	if s.Cycles > 0 {
		row("live", text.Bytes(s.Live), "survived the latest garbage collection")
		row("young", text.Bytes(s.Young), "allocated since, or dead and not swept yet")
	} else {
		b.WriteString("live and young are not known: no garbage collection has ended yet\n")
	}
	row("unused", text.Bytes(s.Unused), "reserved for objects, holds none (fragmentation)")
	row("idle", text.Bytes(s.Idle), "free, not yet given back to the system")
	row("stacks", text.Bytes(s.Stacks), "of goroutines")
	row("committed", text.Bytes(s.Committed), "all of the above")
	row("profiler", text.Bytes(s.ProfilerBuckets), "the runtime's own profiles; never shrinks")
	row("metadata", text.Bytes(s.Metadata), "the runtime's tables and thread stacks")
	row("held", text.Bytes(s.Held), "by the Go runtime: committed, profiler and metadata")
	s.writeKernel(row)
	s.writeCollector(row)
	s.writeLimits(row)
	if len(s.Limits) == 0 {
		b.WriteString("no memory limit is known\n")
	}
	return b.String()
}

func (s Snapshot) writeKernel(row row) {
	if s.Kernel.RSS > 0 {
		row("rss", text.Bytes(s.Kernel.RSS), "resident, as the kernel counts the process")
		row("off-heap", text.Figure(float64(s.Kernel.OffHeap), "By"), "rss minus held: C code, mmap, the program; negative where held heap is untouched")
	}
	if s.Kernel.WorkingSet > 0 {
		row("working set", text.Bytes(s.Kernel.WorkingSet), "of the control group, other processes included")
	}
}

func (s Snapshot) writeCollector(row row) {
	row("goal", text.Bytes(s.Goal), "heap size at which the next collection is due")
	row("collections", text.Figure(float64(s.Cycles), "{cycle}"), s.lastCycle())
	if c := s.Cycle; c.Count > 0 {
		row("allocated", text.Bytes(c.Allocated), "per collection")
		row("promoted", text.Change(float64(c.Promoted), "By"), "net growth of live per collection")
		row("survival", percent(c.Survival), "of the heap outlived the latest collection")
		row("gc cpu", percent(c.GCShare), "of the CPU, taken from the program by collections")
	}
	if p := s.Pauses; p.Count > 0 {
		row("gc pause", text.Figure(1000*p.Max.Seconds(), "ms")+" ms", "the longest in "+text.Duration(p.Window))
	}
}

func (s Snapshot) writeLimits(row row) {
	for _, limit := range s.Limits {
		row("limit", text.Bytes(limit.Bytes), strings.TrimSpace("by "+limit.Source+" "+limit.File))
	}
	if room, ok := s.Headroom(); ok {
		row("headroom", text.Bytes(room), "until the lowest limit of the kernel, or else GOMEMLIMIT, is reached")
	}
}

func (s Snapshot) lastCycle() string {
	if s.LastCycle.IsZero() {
		return "since the start of the process"
	}
	return "since the start, the latest " + text.Duration(s.At.Sub(s.LastCycle)) + " ago"
}
