package cardinality

import "github.com/govitals/govitals/metric"

var (
	descSets = metric.Desc{
		Name: "cardinality.sets", Unit: "{set}", Kind: metric.KindUpDownCounter, Labels: []string{"metric"},
		Help:   "Label sets that a guarded metric has.",
		Action: "If it rises without an end, see which label does it: cardinality.distinct_estimate.",
	}
	descLimit = metric.Desc{
		Name: "cardinality.limit", Unit: "{set}", Kind: metric.KindUpDownCounter, Labels: []string{"metric"},
		Help:   "Label sets that a guarded metric may have, by number or by bytes, whichever is less.",
		Action: "If sets are near it and all are wanted, raise MaxSets or MaxBytes.",
	}
	descOverflow = metric.Desc{
		Name: "cardinality.overflow_observations", Unit: "{observation}", Kind: metric.KindCounter, Labels: []string{"metric"},
		Help:   "Lookups whose label set had no room, so that a label shows the marker. They are counted there, none is lost.",
		Action: "If it rises, the report names the label: give it fewer values with Normalize or Allow.",
	}
	descDistinct = metric.Desc{
		Name: "cardinality.distinct_estimate", Unit: "{value}", Kind: metric.KindGauge, Labels: []string{"metric", "label"},
		Help:   "How many values a label has had, admitted or not, within 5 %.",
		Action: "A label with far more values than the others should be normalized, or left out.",
	}
	descTripped = metric.Desc{
		Name: "cardinality.tripped", Unit: "{label}", Kind: metric.KindUpDownCounter, Labels: []string{"metric", "label"},
		Help:   "1 if the label has exploded since the start or the latest Reset, else 0.",
		Action: "At 1, read the finding: it shows values, their shape, a template, and who called.",
	}
	descEvicted = metric.Desc{
		Name: "cardinality.evicted", Unit: "{set}", Kind: metric.KindCounter, Labels: []string{"metric"},
		Help:   "Label sets that were unused and lost their place to one with traffic. Their totals are in the overflow.",
		Action: "If it rises all the time, MaxSets is too small for what is in use.",
	}
	descPromoted = metric.Desc{
		Name: "cardinality.promoted", Unit: "{set}", Kind: metric.KindCounter, Labels: []string{"metric"},
		Help:   "Label sets that came often and got a place out of the overflow.",
		Action: "None: it shows that admission is fair after a burst.",
	}
	descMisused = metric.Desc{
		Name: "cardinality.misused", Unit: "{lookup}", Kind: metric.KindCounter, Labels: []string{"metric"},
		Help:   "Lookups with a wrong number of values, invalid UTF-8 or too long a value, and panics in code of the user.",
		Action: "If it rises, look for the caller that passes the wrong labels.",
	}
	descHeld = metric.Desc{
		Name: "cardinality.held", Unit: "By", Kind: metric.KindUpDownCounter, Labels: []string{"metric"},
		Help:   "Memory that the label sets hold, by an estimate for each kind of metric.",
		Action: "If it is a good part of the heap, the metric costs more than it tells: leave out a label.",
	}
)

// Describe implements [metric.Source].
func (g *Guard) Describe() []metric.Desc {
	return []metric.Desc{
		descSets, descLimit, descOverflow, descDistinct, descTripped, descEvicted, descPromoted, descMisused, descHeld,
	}
}

// Collect implements [metric.Source].
func (g *Guard) Collect(emit func(metric.Sample)) {
	s := g.Stats()
	one := func(desc metric.Desc, value float64) {
		emit(metric.Sample{Desc: desc, LabelValues: []string{g.Name()}, Value: value})
	}
	one(descSets, float64(s.Sets))
	if !g.config.dryRun {
		one(descLimit, float64(s.Limit))
	}
	one(descOverflow, float64(s.Overflowed))
	one(descEvicted, float64(s.Demoted))
	one(descPromoted, float64(s.Promoted))
	one(descMisused, float64(s.Misused))
	one(descHeld, float64(s.Bytes))
	tripped := g.trippedLabels()
	for i, label := range g.Labels()[:len(s.Distinct)] {
		values := []string{g.Name(), label}
		emit(metric.Sample{Desc: descDistinct, LabelValues: values, Value: float64(s.Distinct[i])})
		emit(metric.Sample{Desc: descTripped, LabelValues: values, Value: tripped[i]})
	}
}

// trippedLabels returns 1 for each label that tripped and 0 for the others.
func (g *Guard) trippedLabels() []float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	tripped := make([]float64, len(g.labels))
	for _, i := range g.news.tripped {
		tripped[i] = 1
	}
	return tripped
}

// Describe implements [metric.Source].
func (g *Group) Describe() []metric.Desc { return new(Guard).Describe() }

// Collect implements [metric.Source].
func (g *Group) Collect(emit func(metric.Sample)) {
	for _, guard := range g.Guards() {
		guard.Collect(emit)
	}
}

// DescDropped declares the counter of what a guarded metric could not record, which
// promguard and otelguard emit.
func DescDropped() metric.Desc {
	return metric.Desc{
		Name: "cardinality.dropped", Unit: "{update}", Kind: metric.KindCounter,
		Labels: []string{"metric", "reason"},
		Help:   "Updates that a guarded metric could not record, by reason: gauge_set (Set on a gauge that stands for many sets), counter_value (Add of a negative number or NaN), exemplar (labels that are not valid), gauge_deleted (a gauge beyond the limits of a wrapped registerer), attribute (of OpenTelemetry, whose key is reserved or empty).",
		Action: "gauge_set, gauge_deleted: raise MaxSets, or take the label off the gauge. counter_value, exemplar: a bug in the caller, where client_golang panics. attribute: keys must not come from input.",
	}
}
