package otelguard

import (
	"slices"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

// Guards returns the guards of the instruments that were made so far, whose names
// are those of the instruments.
func (g *guards) Guards() []*cardinality.Guard {
	var all []*cardinality.Guard
	for _, in := range g.instruments() {
		all = append(all, in.vec.Guard())
	}
	return all
}

func (g *guards) instruments() []*instrument {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.list)
}

// Overview implements [cardinality.Overview].
func (g *guards) Overview() (all []cardinality.Summary) {
	if len(g.group.Guards()) == 0 {
		return nil // the group that the user chose tells
	}
	for _, in := range g.instruments() {
		s := in.vec.Guard().Overview()[0]
		s.Dropped = in.gauges.Load()
		all = append(all, s)
	}
	return all
}

// Findings implements [finding.Source].
func (g *guards) Findings() []finding.Finding { return g.group.Findings() }

// Describe implements [metric.Source].
func (g *guards) Describe() []metric.Desc {
	return append(g.group.Describe(), cardinality.DescDropped())
}

// Collect implements [metric.Source].
func (g *guards) Collect(emit func(metric.Sample)) {
	g.group.Collect(emit)
	for _, in := range g.instruments() {
		in.emitDropped("gauge_set", in.gauges.Load(), emit)
		in.emitDropped("attribute", in.attributes.Load(), emit)
	}
}

func (in *instrument) emitDropped(reason string, n uint64, emit func(metric.Sample)) {
	if n > 0 {
		emit(metric.Sample{Desc: cardinality.DescDropped(), LabelValues: []string{in.name, reason}, Value: float64(n)})
	}
}
