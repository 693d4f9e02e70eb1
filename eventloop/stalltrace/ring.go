package stalltrace

import (
	"slices"

	"golang.org/x/exp/trace"
)

// span is a time in which something went on.
type span struct {
	from, to trace.Time
	site     int32 // in the table of sites
	kind     kind
	g        trace.GoID
}

// kind is what went on.
type kind uint8

const (
	running kind = iota // a goroutine of the program ran
	marking             // a goroutine of the garbage collector ran
	assist              // a goroutine helped the garbage collector while it ran
	waiting             // a goroutine was ready and did not run
	idle                // a goroutine of the runtime did what is nobody's fault
)

func (s span) length() trace.Time { return s.to - s.from }

// overlap returns how much of the span lies within another.
func (s span) overlap(with span) trace.Time {
	return max(0, min(s.to, with.to)-max(s.from, with.from))
}

const (
	// maxSpans bounds the spans that are kept: the latest, as a trace is taken when
	// the stall is over. They take 2 MiB.
	maxSpans = 1 << 16
	// maxStops and maxRuns bound stops of the world and long runs in the same way.
	maxStops = 1 << 12
	maxRuns  = 1 << 12
	// firstSpans is what there is room for at first.
	firstSpans = 64
)

// ring keeps the latest of what is added, at most most of them.
type ring[T any] struct {
	all  []T
	next int
	most int
}

func (r *ring[T]) add(one T) {
	if len(r.all) < r.most {
		if len(r.all) == cap(r.all) { // append would grow by a quarter and leave four times as much garbage
			r.all = slices.Grow(r.all, max(firstSpans, len(r.all)))
		}
		r.all = append(r.all, one)
		return
	}
	r.all[r.next] = one
	r.next = (r.next + 1) % r.most
}
