package promguard

import (
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

// child is what a set of label values keeps.
type child interface {
	comparable
	prometheus.Metric
	// bare returns the metric of client_golang inside.
	bare() prometheus.Metric
}

// table is what a vec and those curried from it have in common.
type table[T child] struct {
	sets   *cardinality.Vec[T]
	name   string
	labels []string
	maker  *maker
	drops  drops
	guard  *Guard
}

// start makes the sets. Children find their table through it, so newChild is
// called with the table only after it was set up.
func (t *table[T]) start(newChild func(values []string) T, options []cardinality.Option) {
	t.sets = cardinality.NewVec(t.labels, newChild, options...)
	t.guard = &Guard{Guard: t.sets.Guard(), drops: &t.drops}
}

// again looks a set up whose child was demoted.
func (t *table[T]) again(values []string) T {
	if slices.Contains(values, t.maker.marker) {
		return t.sets.Overflow() // the guard would take the marker for a value from outside
	}
	return t.sets.With(t.maker.given(values)...)
}

// metrics returns what a scrape is to see. The children of overflows are read
// here, within the loop, because what is demoted later is added to them; the
// others are read by the registry when it gets to them.
func (t *table[T]) metrics() []prometheus.Metric {
	all := make([]prometheus.Metric, 0, t.sets.Len()+1)
	for set := range t.sets.Sets() {
		if set.Overflow {
			all = append(all, freeze(set.Child))
		} else {
			all = append(all, set.Child.bare())
		}
	}
	return all
}

// misuse returns the child for lookups that name no set.
func (t *table[T]) misuse() T { return t.sets.With(make([]string, len(t.labels)+1)...) }

func (t *table[T]) countError(n, want int) error {
	return fmt.Errorf("promguard: %d label values for metric %q: give %d, in the order of its labels %q", n, t.name, want, t.labels)
}
