package promvitals_test

import (
	"sync/atomic"

	"github.com/govitals/govitals/metric"
)

var depth = metric.Desc{
	Name: "queue.depth", Unit: "{item}", Kind: metric.KindUpDownCounter,
	Help: "Items waiting.", Action: "Add workers.", Labels: []string{"queue"},
}

// queue is a source as a user writes one.
type queue struct {
	name string
	len  atomic.Int64
}

func (q *queue) Describe() []metric.Desc { return []metric.Desc{depth} }

func (q *queue) Collect(emit func(metric.Sample)) {
	emit(metric.Sample{Desc: depth, LabelValues: []string{q.name}, Value: float64(q.len.Load())})
}

// list is a source of fixed samples. It may be replaced by another list while
// it is registered.
type list struct {
	samples atomic.Pointer[[]metric.Sample]
}

func listOf(samples ...metric.Sample) *list {
	l := new(list)
	l.samples.Store(&samples)
	return l
}

func (l *list) Describe() (descs []metric.Desc) {
	for _, s := range *l.samples.Load() {
		descs = append(descs, s.Desc)
	}
	return descs
}

func (l *list) Collect(emit func(metric.Sample)) {
	for _, s := range *l.samples.Load() {
		emit(s)
	}
}

// desc returns a valid Desc of the name.
func desc(name, unit string, kind metric.Kind, labels ...string) metric.Desc {
	return metric.Desc{Name: name, Unit: unit, Kind: kind, Help: "Help.", Action: "Act.", Labels: labels}
}
