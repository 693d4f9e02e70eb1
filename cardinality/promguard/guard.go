package promguard

import (
	"slices"
	"sync/atomic"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/metric"
)

// dropped is the counter of what could not be recorded.
var dropped = cardinality.DescDropped()

// drops counts what could not be recorded.
type drops struct {
	gaugeSets, counterValues, exemplars atomic.Uint64
}

// Guard is what can be said about a guarded vec besides its values. It is a
// metric.Source and a finding.Source:
//
//	v.Add(requests.Guard())
//
// A vec that is unregistered before the program ends should leave its group:
//
//	registry.Unregister(requests)
//	requests.Guard().Leave()
type Guard struct {
	*cardinality.Guard
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
			emit(metric.Sample{Desc: dropped, LabelValues: []string{g.Name(), reason}, Value: float64(n)})
		}
	}
}

// Overview implements [cardinality.Overview].
func (g *Guard) Overview() []cardinality.Summary {
	all, d := g.Guard.Overview(), g.Dropped()
	all[0].Dropped = d.GaugeSets + d.CounterValues + d.Exemplars
	return all
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
