package vitals

import (
	"fmt"
	"slices"

	"github.com/govitals/govitals/metric"
)

// The table of what Vitals itself reports.
var (
	descSignalValue = metric.Desc{
		Name: "signal.value", Unit: "{value}", Kind: metric.KindGauge, Labels: []string{"signal"},
		Help:   "Latest value of a watched signal, in the signal's own unit.",
		Action: "Graph it over days: a floor that only ever rises is a leak.",
	}
	descSignalFailures = metric.Desc{
		Name: "signal.failures", Unit: "{read}", Kind: metric.KindCounter, Labels: []string{"signal"},
		Help:   "Reads of a signal that failed.",
		Action: "While it rises nothing can be said about the signal: mend its Read.",
	}
	descState = metric.Desc{
		Name: "finding.state", Unit: "{state}", Kind: metric.KindGauge, Labels: []string{"signal", "state"},
		Help:   "1 for the worst state that a signal is in; the other states are absent.",
		Action: "Alert on the states leak, exploded, stopped and too_small; the report says what to do.",
	}
)

// Describe implements [metric.Source]: everything that Vitals and the parts
// added so far can report.
func (v *Vitals) Describe() []metric.Desc {
	descs := []metric.Desc{descSignalValue, descSignalFailures, descState}
	for _, source := range v.metricSources() {
		descs = append(descs, source.Describe()...)
	}
	return descs
}

// Collect implements [metric.Source].
func (v *Vitals) Collect(emit func(metric.Sample)) {
	v.mu.Lock()
	watchers := slices.Clone(v.watchers)
	v.mu.Unlock()
	for _, w := range watchers {
		w.collect(emit)
	}
	v.collectStates(emit)
	for _, source := range v.metricSources() {
		v.collectFrom(source, emit)
	}
}

// collectFrom keeps a part that panics from taking the others' figures with it.
func (v *Vitals) collectFrom(source metric.Source, emit func(metric.Sample)) {
	defer func() {
		if value := recover(); value != nil {
			v.misused(fmt.Errorf("Collect of %T panicked: %v", source, value))
		}
	}()
	source.Collect(emit)
}

func (w *watcher) collect(emit func(metric.Sample)) {
	seen, labels := w.seen(), []string{w.name}
	emit(metric.Sample{Desc: descSignalFailures, LabelValues: labels, Value: float64(seen.failures)})
	if seen.count > 0 {
		emit(metric.Sample{Desc: descSignalValue, LabelValues: labels, Value: seen.last.Value})
	}
}

// maxStates bounds the values of the label "signal" in the states, which come
// from parts that others wrote.
const maxStates = 128

// collectStates emits one sample per signal: findings come worst first, so the
// first of a signal is the one that counts.
func (v *Vitals) collectStates(emit func(metric.Sample)) {
	done := map[string]bool{}
	for _, f := range v.Findings() {
		if !done[f.Signal] && len(done) < maxStates {
			done[f.Signal] = true
			emit(metric.Sample{Desc: descState, LabelValues: []string{f.Signal, f.State.String()}, Value: 1})
		}
	}
}

// metricSources returns the parts that have figures, the gate of the handler
// among them.
func (v *Vitals) metricSources() []metric.Source {
	v.mu.Lock()
	defer v.mu.Unlock()
	sources := []metric.Source{v.gate}
	for _, part := range v.sources {
		if source, ok := part.(metric.Source); ok {
			sources = append(sources, source)
		}
	}
	return sources
}
