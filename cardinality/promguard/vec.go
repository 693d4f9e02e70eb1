package promguard

import (
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

// vec is a table with some of its labels set.
type vec[T child] struct {
	direct *cardinality.Vec[T] // the sets, nil if the vec is curried
	*table[T]
	curry []curried // in the order of the labels
}

type curried struct {
	index int
	value string
}

func newVec[T child](t *table[T]) vec[T] { return vec[T]{direct: t.sets, table: t} }

// stackLabels is up to how many labels a lookup gets by without allocating where
// values have to be brought in order.
const stackLabels = 8

func (v *vec[T]) with(values ...string) T {
	if v.direct != nil {
		return v.direct.With(values...)
	}
	var buffer [stackLabels]string
	return v.lookUp(v.join(buffer[:0], values))
}

// lookUp takes the way for few labels, which is faster.
func (v *vec[T]) lookUp(values []string) T {
	switch len(values) {
	case 1:
		return v.sets.With1(values[0])
	case 2:
		return v.sets.With2(values[0], values[1])
	case 3:
		return v.sets.With3(values[0], values[1], values[2])
	}
	return v.sets.With(values...)
}

func (v *vec[T]) get(values []string) (none T, err error) {
	if want := len(v.labels) - len(v.curry); len(values) != want {
		return none, v.countError(len(values), want)
	}
	return v.with(values...), nil
}

func (v *vec[T]) withLabels(labels prometheus.Labels) T {
	var buffer [stackLabels]string
	values, err := v.order(buffer[:0], labels)
	if err != nil {
		return v.misuse()
	}
	return v.lookUp(values)
}

func (v *vec[T]) getLabels(labels prometheus.Labels) (none T, err error) {
	values, err := v.order(nil, labels)
	if err != nil {
		return none, err
	}
	return v.lookUp(values), nil
}

// join puts the curried values and the given ones in order. If their number is
// wrong the result has a wrong number too.
func (v *vec[T]) join(into, values []string) []string {
	next := 0
	for _, c := range v.curry {
		for len(into) < c.index && next < len(values) {
			into = append(into, values[next])
			next++
		}
		into = append(into, c.value)
	}
	return append(into, values[next:]...)
}

// order brings labels in order, with the curried ones.
func (v *vec[T]) order(into []string, labels prometheus.Labels) ([]string, error) {
	if want := len(v.labels) - len(v.curry); len(labels) != want {
		return nil, v.countError(len(labels), want)
	}
	for i, name := range v.labels {
		if value, is := v.curriedAt(i); is {
			into = append(into, value)
			continue
		}
		value, ok := labels[name]
		if !ok {
			return nil, fmt.Errorf("promguard: metric %q has a label %q, and no value was given for it: its labels are %q", v.name, name, v.labels)
		}
		into = append(into, value)
	}
	return into, nil
}

func (v *vec[T]) curriedAt(index int) (value string, is bool) {
	for _, c := range v.curry {
		if c.index == index {
			return c.value, true
		}
	}
	return "", false
}

func (v *vec[T]) curryWith(labels prometheus.Labels) (vec[T], error) {
	result := vec[T]{table: v.table, curry: slices.Clone(v.curry)}
	for name, value := range labels {
		index := slices.Index(v.labels, name)
		if index < 0 {
			return result, fmt.Errorf("promguard: metric %q has no label %q to curry: its labels are %q", v.name, name, v.labels)
		}
		if _, is := v.curriedAt(index); is {
			return result, fmt.Errorf("promguard: label %q of metric %q is curried already: curry the vec that does not have it", name, v.name)
		}
		result.curry = append(result.curry, curried{index, value})
	}
	if len(result.curry) == 0 {
		result.direct = v.sets
	}
	slices.SortFunc(result.curry, func(a, b curried) int { return a.index - b.index })
	return result, nil
}

// DeleteLabelValues removes the set with these values, with what it recorded, and
// reports whether there was one. A set that has no series of its own is not
// removed from the overflow, which belongs to others too.
func (v *vec[T]) DeleteLabelValues(values ...string) bool { return v.delete(v.join(nil, values)) }

// Delete is DeleteLabelValues by name.
func (v *vec[T]) Delete(labels prometheus.Labels) bool {
	values, err := v.order(nil, labels)
	return err == nil && v.delete(values)
}

func (v *vec[T]) delete(values []string) bool {
	taken := v.maker.takeOut(values) // before: what is made meanwhile must go too
	return v.sets.Delete(values...) || taken
}

// DeletePartialMatch removes all sets that have these values, as /metrics shows
// them, and returns how many. The values of curried labels never match, as in
// client_golang.
func (v *vec[T]) DeletePartialMatch(labels prometheus.Labels) int {
	want := make([]curried, 0, len(labels))
	for name, value := range labels {
		index := slices.Index(v.labels, name)
		if _, is := v.curriedAt(index); is || index < 0 {
			return 0
		}
		want = append(want, curried{index, value})
	}
	matches := func(values []string) bool {
		return !slices.ContainsFunc(want, func(w curried) bool { return values[w.index] != w.value })
	}
	if !v.maker.wrapped {
		return v.sets.DeleteFunc(matches)
	}
	n := v.maker.takeOutAll(v.labels, matches)
	v.sets.DeleteFunc(func(values []string) bool {
		if !matches(values) {
			return false
		}
		if v.maker.isShared(values) {
			n++ // the others were counted
		}
		return true
	})
	return n
}

// Reset removes all sets, also those of the other labels if the vec is curried.
func (v *vec[T]) Reset() {
	if v.maker.wrapped {
		v.maker.raw.Reset() // there are some from before it was wrapped; the overflow is made anew
	}
	v.sets.Reset()
}

// Describe implements [prometheus.Collector].
func (v *vec[T]) Describe(ch chan<- *prometheus.Desc) { v.maker.raw.Describe(ch) }

// Collect implements [prometheus.Collector]. Nothing that looks a set up waits
// for it, however slow the scrape.
func (v *vec[T]) Collect(ch chan<- prometheus.Metric) {
	if v.maker.wrapped {
		v.maker.raw.Collect(ch)
		return
	}
	for _, m := range v.metrics() {
		ch <- m
	}
}

// Guard returns the face for govitals: what was cut, why, and who did it. It is
// a metric.Source and a finding.Source, which vitals.Add takes.
func (v *vec[T]) Guard() *Guard { return v.guard }
