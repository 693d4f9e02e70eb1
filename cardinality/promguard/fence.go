package promguard

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"

	"github.com/govitals/govitals/cardinality"
)

// deleter is a vec of client_golang, seen from outside.
type deleter interface {
	prometheus.Collector
	Delete(prometheus.Labels) bool
}

// fence stands between a registry and a vec that somebody else writes to. It lets
// the vec have the sets that the guard admits and deletes all others, after it
// added what they hold to the overflow.
type fence struct {
	vec   deleter
	id    identity
	name  string   // that it is reported by
	names []string // that a registry knows it by
	desc  *prometheus.Desc
	sets  *cardinality.Vec[*ward]
	// sample is a metric of the vec: it shows the type and the buckets.
	sample  atomic.Pointer[dto.Metric]
	dropped atomic.Uint64 // gauges that were deleted
	keeps   atomic.Bool   // the vec did not delete what it was told to

	mu       sync.Mutex
	round    int           // the number of sweeps
	attached map[any]*ward // by keyOf
	late     []*straggler
	stuck    []prometheus.Metric // at the latest sweep, neither with a place nor to be deleted: exported as they are
}

func newFence(vec deleter, id identity, name string, options []cardinality.Option) *fence {
	f := &fence{vec: vec, id: id, name: name, names: []string{id.full()}, desc: describe(vec)[0], attached: map[any]*ward{}}
	f.sets = cardinality.NewVec(id.variables, func(values []string) *ward { return &ward{fence: f, values: values} }, options...)
	return f
}

// Describe implements [prometheus.Collector].
func (f *fence) Describe(ch chan<- *prometheus.Desc) { f.vec.Describe(ch) }

// Collect implements [prometheus.Collector].
func (f *fence) Collect(ch chan<- prometheus.Metric) {
	f.sweep()
	for _, m := range f.metrics() {
		ch <- m
	}
}

func (f *fence) metrics() (all []prometheus.Metric) {
	for set := range f.sets.Sets() {
		if m := set.Child.export(); m != nil {
			all = append(all, m)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return append(all, f.stuck...)
}

// sweep has the guard look at all metrics that are new in the vec.
func (f *fence) sweep() {
	f.mu.Lock()
	defer f.mu.Unlock()
	metrics, err := collectAll(f.vec)
	if err != nil {
		return // what is not seen must not count as deleted
	}
	f.round++
	f.stuck = nil
	var fresh []prometheus.Metric
	for _, m := range metrics {
		if !f.follow(m) {
			fresh = append(fresh, m)
		}
	}
	for key, w := range f.attached {
		if w.round != f.round {
			f.lose(key, w) // before others need the room: who calls Reset fills the vec again
		}
	}
	for _, m := range fresh {
		f.place(m)
	}
	f.late = slices.DeleteFunc(f.late, (*straggler).done)
}

// keyOf returns what a metric is known by from one sweep to the next. Those of
// client_golang are pointers. One that is no key of a map, as the Info in its example
// of a MetricVec, goes by its labels.
func keyOf(m prometheus.Metric) any {
	if reflect.ValueOf(m).Comparable() {
		return m
	}
	data, err := read(m)
	if err != nil {
		return err.Error()
	}
	var key strings.Builder
	for _, pair := range data.GetLabel() {
		fmt.Fprintf(&key, "%s=%q ", pair.GetName(), pair.GetValue())
	}
	return key.String()
}

// follow reports whether a metric is in its place, or in that of one with the same
// labels, which was deleted and made again.
func (f *fence) follow(m prometheus.Metric) bool {
	key := keyOf(m)
	w := f.attached[key]
	if w == nil {
		data, err := read(m)
		if err != nil {
			return false
		}
		values, ok := valuesOf(data, f.id.variables)
		if w, _ = f.sets.Peek(values...); !ok || w == nil || !slices.Equal(w.values, values) {
			return false
		}
	}
	f.attach(w, m, key)
	return true
}

func (f *fence) attach(w *ward, m prometheus.Metric, key any) {
	if before := w.attach(m, key); before != key {
		delete(f.attached, before)
		f.attached[key] = w
	}
	w.round = f.round
}

// place asks the guard for a place for a metric that is new.
func (f *fence) place(m prometheus.Metric) {
	data, err := read(m)
	values, ok := valuesOf(data, f.id.variables)
	if err != nil || !ok {
		f.stuck = append(f.stuck, m) // the registry will say what is wrong with it
		return
	}
	if f.sample.Load() == nil {
		f.sample.Store(data)
	}
	w, own := f.sets.Resolve(values...)
	if own && slices.Equal(w.values, values) {
		f.attach(w, m, keyOf(m))
		return
	}
	if !f.remove(values) {
		f.stuck = append(f.stuck, m)
		return
	}
	if !addsUp(data) {
		f.dropped.Add(1)
		return
	}
	f.late = append(f.late, newStraggler(m, w, nil))
}

// lose lets go of a metric that has left the vec: the guard demoted it, or its
// owner deleted it, with all that it recorded.
func (f *fence) lose(key any, w *ward) {
	delete(f.attached, key)
	if m, into, folded := w.detach(); into != nil {
		f.late = append(f.late, newStraggler(m, into, folded))
		return
	}
	f.sets.Delete(w.values...)
}

// remove deletes a metric in the vec. That fails where a label has a constraint that
// changes its own results; elsewhere its owner deleted it.
func (f *fence) remove(values []string) bool {
	labels := make(prometheus.Labels, len(values))
	for i, name := range f.id.variables {
		labels[name] = values[i]
	}
	deleted := f.vec.Delete(labels)
	if !deleted && f.id.constrained {
		f.keeps.Store(true)
	}
	return deleted
}

// blank returns a metric of the vec in which nothing was recorded.
func (f *fence) blank(values []string) *dto.Metric {
	m := &dto.Metric{Label: prometheus.MakeLabelPairs(f.desc, values)}
	sample := f.sample.Load()
	switch {
	case sample.GetCounter() != nil:
		m.Counter = &dto.Counter{}
	case sample.GetSummary() != nil:
		m.Summary = &dto.Summary{}
	default:
		m.Histogram = &dto.Histogram{}
		for _, b := range sample.GetHistogram().GetBucket() {
			m.Histogram.Bucket = append(m.Histogram.Bucket, &dto.Bucket{UpperBound: proto.Float64(b.GetUpperBound())})
		}
	}
	return m
}
