package promguard

import (
	"slices"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

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
	if len(r.group.Guards()) == 0 {
		return nil // the group that the user chose tells
	}
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
