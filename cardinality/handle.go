package cardinality

import (
	"strings"
	"sync/atomic"
)

// Handle is a set that a caller keeps. It finds the set again after it was
// demoted or deleted, and its own T once an overflowed one is admitted.
type Handle[T any] struct {
	vec    *Vec[T]
	values []string
	entry  atomic.Pointer[entry[T]] // nil = to be looked up
}

// Handle returns a set to keep. It is not admitted before the first use.
func (v *Vec[T]) Handle(values ...string) *Handle[T] {
	h := &Handle[T]{vec: v, values: make([]string, len(values))}
	for i, value := range values {
		h.values[i] = strings.Clone(value)
	}
	return h
}

// Get returns the T of the set, for immediate use. While the set has one of its
// own that costs three loads, else a lookup.
func (h *Handle[T]) Get() T {
	if e := h.entry.Load(); e != nil && !e.gone.Load() {
		e.touch(h.vec.guard.epoch.Load())
		return e.child
	}
	e := h.vec.resolve(h.values)
	if e.masked == 0 {
		h.entry.Store(e)
	}
	return e.child
}
