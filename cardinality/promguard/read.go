package promguard

import (
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// What is asked of collectors and metrics of somebody else, on goroutines on which a
// panic would end the process.

// buffered is how far a collector may be ahead: with less, the two goroutines
// spend their time waking each other.
const buffered = 1024

// collectAll returns the metrics of a collector. A panic in it becomes an error.
func collectAll(c prometheus.Collector) (all []prometheus.Metric, err error) {
	ch := make(chan prometheus.Metric, buffered)
	go func() {
		defer close(ch)
		defer func() {
			if fault := recover(); fault != nil {
				err = fmt.Errorf("promguard: a collector panicked: %v", fault)
			}
		}()
		c.Collect(ch)
	}()
	for m := range ch {
		all = append(all, m)
	}
	return all, err
}

// read returns what a metric writes. A panic in it becomes an error.
func read(m prometheus.Metric) (data *dto.Metric, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("promguard: a metric panicked when it was read: %v", fault)
		}
	}()
	data = &dto.Metric{}
	return data, m.Write(data)
}

// frozen is a metric that was read already.
type frozen struct {
	desc *prometheus.Desc
	data *dto.Metric
	err  error
}

func freeze(m prometheus.Metric) *frozen {
	data, err := read(m)
	return &frozen{desc: m.Desc(), data: data, err: err}
}

// Desc implements [prometheus.Metric].
func (f *frozen) Desc() *prometheus.Desc { return f.desc }

// Write implements [prometheus.Metric].
func (f *frozen) Write(out *dto.Metric) error {
	out.Label, out.TimestampMs = f.data.Label, f.data.TimestampMs
	out.Counter, out.Gauge = f.data.Counter, f.data.Gauge
	out.Histogram, out.Summary, out.Untyped = f.data.Histogram, f.data.Summary, f.data.Untyped
	return f.err
}

// valuesOf returns the values of the labels in their order.
func valuesOf(m *dto.Metric, labels []string) (values []string, ok bool) {
	for _, name := range labels {
		i := slices.IndexFunc(m.GetLabel(), func(p *dto.LabelPair) bool { return p.GetName() == name })
		if i < 0 {
			return nil, false
		}
		values = append(values, m.GetLabel()[i].GetValue())
	}
	return values, true
}

// maxDescs bounds what is kept of a collector that describes ever more.
const maxDescs = 10_000

func describe(c prometheus.Collector) (descs []*prometheus.Desc) {
	ch := make(chan *prometheus.Desc)
	go func() {
		defer close(ch)
		c.Describe(ch)
	}()
	for desc := range ch {
		if len(descs) < maxDescs {
			descs = append(descs, desc)
		}
	}
	return descs
}
