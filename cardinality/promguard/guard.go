package promguard

import (
	"slices"
	"sync/atomic"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/metric"
)

// dropped declares the counter of what could not be recorded.
var dropped = metric.Desc{
	Name: "cardinality.dropped", Unit: "{update}", Kind: metric.KindCounter,
	Labels: []string{"metric", "reason"},
	Help:   "Updates that a guarded metric could not record, by reason: gauge_set (Set on a gauge that stands for many sets), counter_value (Add of a negative number or NaN), exemplar (labels that are not valid), gauge_deleted (a gauge beyond the limits of a wrapped registerer).",
	Action: "gauge_set, gauge_deleted: raise MaxSets, or take the label off the gauge. counter_value, exemplar: a bug in the caller, where client_golang panics.",
}

// drops counts what could not be recorded.
type drops struct {
	gaugeSets, counterValues, exemplars atomic.Uint64
}

// Guard is what can be said about a guarded vec besides its values. It is a
// metric.Source and a finding.Source:
//
//	v.Add(requests.Guard())
type Guard struct {
	*cardinality.Guard
	name  string
	drops *drops
}

// Describe implements [metric.Source].
func (g *Guard) Describe() []metric.Desc {
	return slices.Concat(g.Guard.Describe(), []metric.Desc{dropped})
}

// Collect implements [metric.Source].
func (g *Guard) Collect(emit func(metric.Sample)) {
	g.Guard.Collect(emit)
	d := g.Dropped()
	for reason, n := range map[string]uint64{
		"gauge_set": d.GaugeSets, "counter_value": d.CounterValues, "exemplar": d.Exemplars,
	} {
		if n > 0 {
			emit(metric.Sample{Desc: dropped, LabelValues: []string{g.name, reason}, Value: float64(n)})
		}
	}
}

// Dropped returns what could not be recorded so far.
func (g *Guard) Dropped() Dropped {
	return Dropped{
		GaugeSets: g.drops.gaugeSets.Load(), CounterValues: g.drops.counterValues.Load(), Exemplars: g.drops.exemplars.Load(),
	}
}

// Dropped counts updates that could not be recorded.
type Dropped struct {
	// GaugeSets counts Set on a gauge that stands for many sets.
	GaugeSets uint64
	// CounterValues counts Add of a negative number or NaN.
	CounterValues uint64
	// Exemplars counts exemplars with labels that are not valid. The value that
	// came with them was recorded.
	Exemplars uint64
}
