package leakguard

import (
	"time"

	"github.com/govitals/govitals/metric"
)

// The table of what a Detector reports.
var (
	descValue = metric.Desc{
		Name: "signal.value", Unit: "{value}", Kind: metric.KindGauge, Labels: []string{"signal"},
		Help:   "Latest value of a watched signal, in the signal's own unit.",
		Action: "Graph it over days: a floor that only ever rises is a leak.",
	}
	descFailures = metric.Desc{
		Name: "signal.failures", Unit: "{read}", Kind: metric.KindCounter, Labels: []string{"signal"},
		Help:   "Reads of a signal that failed.",
		Action: "While it rises nothing can be said about the signal: mend its Read.",
	}
	descGrowth = metric.Desc{
		Name: "signal.growth", Unit: "{value}/h", Kind: metric.KindGauge, Labels: []string{"signal"},
		Help:   "Growth of a watched signal in its own unit per hour; absent unless the verdict is growing, suspect or leak.",
		Action: "Divide the room that is left by it for the time that is left.",
	}
	descTimeToLimit = metric.Desc{
		Name: "signal.time_to_limit", Unit: "s", Kind: metric.KindGauge, Labels: []string{"signal"},
		Help:   "Time until a watched signal reaches its limit at the present growth; absent if that is not foreseen.",
		Action: "Below a day: act. The report names the biggest grower.",
	}
)

// Describe implements [metric.Source].
func (d *Detector) Describe() []metric.Desc {
	return []metric.Desc{descValue, descFailures, descGrowth, descTimeToLimit}
}

// Collect implements [metric.Source].
func (d *Detector) Collect(emit func(metric.Sample)) {
	for _, w := range d.seen() {
		w.collect(emit)
	}
}

func (w *watcher) collect(emit func(metric.Sample)) {
	seen, now, labels := w.seen(), time.Now(), []string{w.traits.name}
	figure := func(desc metric.Desc, value float64) {
		emit(metric.Sample{Desc: desc, LabelValues: labels, Value: value})
	}
	figure(descFailures, float64(seen.failures))
	if seen.count == 0 || w.isOld(now, seen) {
		return
	}
	figure(descValue, seen.last.Value)
	if isGrowth(seen.verdict.State) {
		figure(descGrowth, seen.verdict.PerHour)
	}
	if limit := seen.verdict.ReachesLimit; !limit.IsZero() {
		figure(descTimeToLimit, max(0, limit.Sub(now).Seconds()))
	}
}

// isOld reports whether what was seen last says nothing about now. A read that fails now
// and then leaves no gap: the time for which an alert must hold would begin anew.
func (w *watcher) isOld(now time.Time, seen readings) bool {
	return w.broken(now, seen) != "" && now.Sub(seen.heard) > 10*w.every
}
