package otelvitals_test

import (
	"sync/atomic"

	"github.com/govitals/govitals/metric"
)

var depth = metric.Desc{
	Name: "queue.depth", Unit: "{item}", Kind: metric.KindUpDownCounter,
	Help: "Items waiting.", Action: "Add workers.", Labels: []string{"queue"},
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
	return metric.Desc{Name: name, Unit: unit, Kind: kind, Help: "Help of " + name, Action: "Act.", Labels: labels}
}

func depthOf(queue string, value float64) metric.Sample {
	return metric.Sample{Desc: depth, LabelValues: []string{queue}, Value: value}
}

// lag is a histogram of three observations: at most 0, 0.25 and 1.
func lag(name string) metric.Sample {
	h := &metric.Histogram{Schema: 0, First: -2, Counts: []uint64{1, 0, 1}, Zero: 1, Sum: 1.25}
	return metric.Sample{Desc: desc(name, "s", metric.KindHistogram), Histogram: h}
}
