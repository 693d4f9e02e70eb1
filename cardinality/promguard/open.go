package promguard

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
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

// pass hands metrics on and counts them by name: a wrapping registerer makes a new
// description for each metric.
func pass(from <-chan prometheus.Metric, to chan<- prometheus.Metric) map[string]int64 {
	sets, names := map[string]int64{}, map[*prometheus.Desc]string{}
	for m := range from {
		name, known := names[m.Desc()]
		if !known {
			name = nameOf(m.Desc())
		}
		if len(names) < maxNames {
			names[m.Desc()] = name
		}
		if sets[name] > 0 || len(sets) < maxNames {
			sets[name]++
		}
		to <- m
	}
	return sets
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

// Findings implements [finding.Source]: what the guards say, and which collectors
// have more sets than they should without a way to bound them.
func (r *Registerer) Findings() []finding.Finding {
	findings := r.group.Findings()
	r.mu.Lock()
	opens := slices.Clone(r.opens)
	r.mu.Unlock()
	for _, o := range opens {
		findings = append(findings, o.findings()...)
	}
	return findings
}

// Overview implements [cardinality.Overview].
func (r *Registerer) Overview() (all []cardinality.Summary) {
	for _, f := range r.all() {
		s := f.sets.Guard().Overview()[0]
		s.Dropped = f.dropped.Load()
		all = append(all, s)
	}
	return all
}

// Describe implements [metric.Source].
func (r *Registerer) Describe() []metric.Desc {
	return slices.Concat(r.group.Describe(), []metric.Desc{dropped})
}

// Collect implements [metric.Source].
func (r *Registerer) Collect(emit func(metric.Sample)) {
	r.group.Collect(emit)
	for _, f := range r.all() {
		if n := f.dropped.Load(); n > 0 {
			emit(metric.Sample{Desc: dropped, LabelValues: []string{f.name, "gauge_deleted"}, Value: float64(n)})
		}
	}
}
