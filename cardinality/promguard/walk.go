package promguard

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// A walker goes through all metrics of a gatherer.
//
// A registry is a collector too. Collecting without reading the values costs about
// a hundredth of Gather, which reads, checks and sorts everything.
type walker struct {
	gatherer prometheus.Gatherer
	names    map[*prometheus.Desc]string
	busy     atomic.Bool
}

// maxNames bounds the descriptions whose name is remembered. Most collectors
// have a few; a wrapping registerer makes a new one for each metric at each scrape.
const maxNames = 4096

// buffered is how far a collector may be ahead: with less, the two goroutines
// spend their time waking each other.
const buffered = 1024

var errBusy = errors.New("promguard: a collector has not returned from an earlier count: look for the goroutine in its Collect")

// A written metric can be read.
type written interface{ Write(*dto.Metric) error }

// walk calls visit for each metric with its name.
func (w *walker) walk(ctx context.Context, visit func(name string, m written)) error {
	collector, ok := w.gatherer.(prometheus.Collector)
	if !ok {
		return w.gather(visit)
	}
	if !w.busy.CompareAndSwap(false, true) {
		return errBusy
	}
	metrics, failed := make(chan prometheus.Metric, buffered), make(chan error, 1)
	go func() {
		err := collect(collector, metrics)
		w.busy.Store(false) // before anybody can ask for the next count
		failed <- err
	}()
	for {
		select {
		case m, more := <-metrics:
			if !more {
				return <-failed
			}
			if err := w.show(m, visit); err != nil {
				go drain(metrics)
				return err
			}
		case <-ctx.Done():
			go drain(metrics)
			return fmt.Errorf("promguard: counting series: %w", ctx.Err())
		}
	}
}

// show survives a panic in a metric, behind which its collector would be stuck.
func (w *walker) show(m prometheus.Metric, visit func(name string, m written)) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("promguard: a metric panicked while its series were counted: %v", fault)
		}
	}()
	visit(w.name(m.Desc()), m)
	return nil
}

// drain lets a collector that is late come to its end.
func drain(metrics <-chan prometheus.Metric) {
	for range metrics {
	}
}

// collect survives what a registry would not: a panic in a collector.
func collect(c prometheus.Collector, into chan<- prometheus.Metric) (err error) {
	defer close(into)
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("promguard: a collector panicked while its series were counted: %v", fault)
		}
	}()
	c.Collect(into)
	return nil
}

func (w *walker) gather(visit func(name string, m written)) error {
	families, err := w.gatherer.Gather()
	if err != nil {
		return fmt.Errorf("promguard: counting series: %w", err)
	}
	visitAll(families, visit)
	return nil
}

func visitAll(families []*dto.MetricFamily, visit func(name string, m written)) {
	for _, f := range families {
		for _, m := range f.GetMetric() {
			visit(f.GetName(), &frozen{data: m})
		}
	}
}

func (w *walker) name(desc *prometheus.Desc) string {
	name, known := w.names[desc]
	if !known {
		if len(w.names) >= maxNames || w.names == nil {
			w.names = map[*prometheus.Desc]string{}
		}
		name = nameOf(desc)
		w.names[desc] = name
	}
	return name
}
