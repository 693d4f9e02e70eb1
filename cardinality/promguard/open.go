package promguard

import (
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
)

// open is a collector that cannot be bounded: there is no way to delete what it
// holds. It is counted at scrapes.
type open struct {
	prometheus.Collector
	names []string     // of its metrics, with their constant labels
	sets  atomic.Int64 // at the latest scrape
	name  atomic.Pointer[string]
}

// Collect implements [prometheus.Collector]. A collector that panics does so on the
// goroutine of the caller, who may survive it.
func (o *open) Collect(ch chan<- prometheus.Metric) {
	inner, counted := make(chan prometheus.Metric), make(chan map[string]int64)
	go func() { counted <- pass(inner, ch) }()
	defer func() {
		close(inner)
		o.note(<-counted)
	}()
	o.Collector.Collect(inner)
}

// maxNames bounds what is remembered for the time of a scrape.
const maxNames = 4096

// pass hands metrics on and counts them by name.
func pass(from <-chan prometheus.Metric, to chan<- prometheus.Metric) map[string]int64 {
	seen := byName{sets: map[string]int64{}, names: map[*prometheus.Desc]string{}}
	for m := range from {
		seen.add(m)
		to <- m
	}
	return seen.sets
}

// byName counts metrics. A wrapping registerer makes a new description for each, so names
// are read anew for those beyond maxNames.
type byName struct {
	sets  map[string]int64
	names map[*prometheus.Desc]string
}

func (b byName) add(m prometheus.Metric) {
	defer func() { _ = recover() }() // it may be nil: that is for the registry to find
	desc := m.Desc()
	name, known := b.names[desc]
	if !known {
		name = nameOf(desc)
	}
	if !known && len(b.names) < maxNames {
		b.names[desc] = name
	}
	if b.sets[name] > 0 || len(b.sets) < maxNames {
		b.sets[name]++
	}
}

// note remembers the metric with the most sets.
func (o *open) note(sets map[string]int64) {
	most := ""
	for name, n := range sets {
		if n > sets[most] {
			most = name
		}
	}
	o.name.Store(&most)
	o.sets.Store(sets[most])
}

func (o *open) findings() []finding.Finding {
	sets := o.sets.Load()
	if sets <= cardinality.DefaultMaxSets {
		return nil
	}
	return []finding.Finding{{
		Signal: "series", State: finding.Exploded, Cause: "label",
		Summary:  fmt.Sprintf("%s has %d label sets, and nothing bounds them: its collector (%T) keeps them to itself.", *o.name.Load(), sets, o.Collector),
		Culprits: []finding.Culprit{{Name: *o.name.Load(), Share: 1}},
		Advice:   "Register each vec by itself, or make it with promguard.",
	}}
}
