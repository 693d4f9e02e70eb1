// Package metric is the neutral form in which every part of govitals hands out
// its figures. A figure is declared once, as a [Desc]; exporters turn the
// declaration into a Prometheus name, an OpenTelemetry name and a line of
// docs/METRICS.md, so that the four cannot drift apart.
//
// A part that has figures implements [Source]:
//
//	var depth = metric.Desc{
//		Name: "queue.depth", Unit: "{item}", Kind: metric.KindUpDownCounter,
//		Help:   "Items waiting in the queue.",
//		Action: "If it only ever rises, the workers are too slow or dead.",
//		Labels: []string{"queue"},
//	}
//
//	func (q *Queue) Describe() []metric.Desc { return []metric.Desc{depth} }
//
//	func (q *Queue) Collect(emit func(metric.Sample)) {
//		emit(metric.Sample{Desc: depth, LabelValues: []string{q.name}, Value: float64(q.Len())})
//	}
//
// and reaches Prometheus with promvitals.Collector(q) and OpenTelemetry with
// otelvitals.Register(meter, q).
//
// A figure that is not known is not emitted: absent is honest, zero is a lie.
//
// # Cost
//
// Declarations and samples are plain values. The package starts nothing,
// registers nothing and imports the standard library only.
//
// # What it cannot see
//
// It has no instruments: how a figure is measured is the business of the
// package that emits it. Exemplars and created timestamps are not modelled.
package metric
