package leakguard

import (
	"errors"
	"fmt"

	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/internal/usage"
)

// holding is what a process holds at one moment.
type holding struct {
	values [resources]int64
	errs   [resources]error
	open   []proc.Descriptor
}

// readCounts reads what needs no garbage collection.
func (r *budgetRun) readCounts(h *holding) {
	looked := &r.limits.looked
	if looked[fileDescriptors] {
		h.open, h.errs[fileDescriptors] = listDescriptors()
		h.values[fileDescriptors] = int64(len(h.open))
	}
	if looked[threadCount] {
		h.values[threadCount] = int64(usage.Threads())
	}
	if looked[metricSeries] {
		n, err := r.limits.count()
		h.values[metricSeries], h.errs[metricSeries] = int64(n), err
	}
}

// readMemory reads what does.
func (r *budgetRun) readMemory(h *holding) {
	if !r.looksAtMemory() {
		return
	}
	memory := usage.ReadMemory()
	h.values[heapBytes], h.values[heapObjects] = memory.Bytes, memory.Objects
	h.values[finalizerBacklog] = int64(memory.Backlog)
}

// complaints says which of some resources are above their limits, or could not
// be read.
func (r *budgetRun) complaints(some []resource) []complaint {
	var all []complaint
	for _, k := range some {
		err := errors.Join(r.before.errs[k], r.now.errs[k])
		switch {
		case !r.limits.looked[k]:
		case err != nil:
			all = append(all, complaint{text: fmt.Sprintf("the %s could not be counted: %v", k.title(), err)})
		case r.isOver(k):
			all = append(all, r.limits.complain(k, float64(r.growth(k)), r.details(k)))
		}
	}
	return all
}

func (r *budgetRun) growth(k resource) int64 { return r.now.values[k] - r.before.values[k] }

// isOver reports whether a resource is above its limit. Descriptors of a kind
// that the file lists do not count, up to what it says.
func (r *budgetRun) isOver(k resource) bool {
	excess := r.growth(k)
	if k == fileDescriptors {
		excess -= r.tolerated()
	}
	r.limits.answer(lineKey{k.word(), ""}, excess > readingNoise[k])
	return r.limits.looked[k] && excess > max(r.limits.allowed[k], readingNoise[k])
}

// tolerated returns how many new descriptors are of a kind that the file lists,
// up to its counts.
func (r *budgetRun) tolerated() (n int64) {
	growth := map[string]int64{}
	for _, d := range r.now.open {
		growth[fileKind(d)]++
	}
	for _, d := range r.before.open {
		growth[fileKind(d)]--
	}
	for kind, allowed := range r.limits.kinds {
		r.limits.answer(lineKey{fileDescriptors.word(), kind}, growth[kind] > 0)
		n += max(0, min(allowed, growth[kind]))
	}
	return n
}

// details says where a growth comes from.
func (r *budgetRun) details(k resource) string {
	switch k {
	case fileDescriptors:
		return "; new ones are " + kindsText(without(r.now.open, r.before.open))
	case heapBytes:
		return r.allocations.grown(1)
	case heapObjects:
		if !r.isOver(heapBytes) { // else it is said already
			return r.allocations.grown(1)
		}
	}
	return ""
}

// without returns the descriptors of one list that are not in another.
func without(list, others []proc.Descriptor) []proc.Descriptor {
	known := make(map[proc.Descriptor]bool, len(others))
	for _, d := range others {
		known[d] = true
	}
	var rest []proc.Descriptor
	for _, d := range list {
		if !known[d] {
			rest = append(rest, d)
		}
	}
	return rest
}
