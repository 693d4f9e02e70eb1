package heap

import (
	"fmt"
	"strings"

	"github.com/govitals/govitals/internal/text"
)

// String writes the snapshot as a table that a person reads.
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
	row("held", text.Bytes(s.Held), "by the Go runtime, its own tables included")
	row("goal", text.Bytes(s.Goal), "heap size at which the next collection is due")
	row("collections", text.Figure(float64(s.Cycles), "{cycle}"), s.lastCycle())
	for _, limit := range s.Limits {
		row("limit", text.Bytes(limit.Bytes), strings.TrimSpace("by "+limit.Source+" "+limit.File))
	}
	if len(s.Limits) == 0 {
		b.WriteString("no memory limit is known\n")
	}
	return b.String()
}

func (s Snapshot) lastCycle() string {
	if s.LastCycle.IsZero() {
		return "since the start of the process"
	}
	return "since the start, the latest " + text.Duration(s.At.Sub(s.LastCycle)) + " ago"
}
