package vitals

import "github.com/govitals/govitals/metric"

// What Vitals itself reports.
var descState = metric.Desc{
	Name: "finding.state", Unit: "{state}", Kind: metric.KindGauge, Labels: []string{"signal", "state"},
	Help:   "1 for the worst state that a signal is in; the other states are absent.",
	Action: "Alert on the states leak, exploded, stopped and too_small; the report says what to do.",
}

// Describe implements [metric.Source]: everything that Vitals and the parts
// added so far can report.
func (v *Vitals) Describe() []metric.Desc {
	descs := []metric.Desc{descState}
	for _, source := range v.metricSources() {
		descs = append(descs, v.describe(source)...)
	}
	return descs
}

// describe keeps a part that panics from hiding the others.
func (v *Vitals) describe(source metric.Source) (descs []metric.Desc) {
	v.safely("Describe", source, func() { descs = source.Describe() })
	return descs
}

// Collect implements [metric.Source].
func (v *Vitals) Collect(emit func(metric.Sample)) {
	v.collectStates(emit)
	for _, source := range v.metricSources() {
		v.collectFrom(source, emit)
	}
}

// collectFrom keeps a part that panics from taking the others' figures with it.
func (v *Vitals) collectFrom(source metric.Source, emit func(metric.Sample)) {
	v.safely("Collect", source, func() { source.Collect(emit) })
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
