package otelvitals

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"weak"

	"github.com/govitals/govitals/metric"
)

// active holds the reporters in use, to refuse a second one of the same source:
// the SDK would add up what both report. It holds them weakly, so a provider that
// is dropped without Unregister takes its reporters with it.
var active struct {
	mu        sync.Mutex
	reporters []weak.Pointer[reporter]
}

// enter puts r among the active reporters, unless one of them has the same
// meter and shares a source with it.
func enter(r *reporter) error {
	active.mu.Lock()
	defer active.mu.Unlock()
	remove(nil)
	for _, p := range active.reporters {
		if i := r.shared(p.Value()); i >= 0 {
			return fmt.Errorf("otelvitals: source %d of %d is registered with this meter already: "+
				"unregister it first, or the SDK adds its figures up", i+1, len(r.given))
		}
	}
	active.reporters = append(active.reporters, weak.Make(r))
	return nil
}

// leave takes r out again.
func leave(r *reporter) {
	active.mu.Lock()
	defer active.mu.Unlock()
	remove(r)
}

// remove takes r out, and whatever is garbage. The caller holds active.mu.
func remove(r *reporter) {
	active.reporters = slices.DeleteFunc(active.reporters, func(p weak.Pointer[reporter]) bool {
		return p.Value() == nil || p.Value() == r
	})
}

// shared returns the index of the first source of r that other reports through
// the same meter, and -1 if there is none.
func (r *reporter) shared(other *reporter) int {
	if other == nil || !equal(other.meter, r.meter) {
		return -1
	}
	return slices.IndexFunc(r.given, func(mine metric.Source) bool {
		return slices.ContainsFunc(other.given, func(theirs metric.Source) bool { return equal(mine, theirs) })
	})
}

// equal is == for types that have it; others are never equal.
func equal(a, b any) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}
