package collect

import (
	"sync/atomic"

	"github.com/govitals/govitals/metric"
)

// Dropped declares the counter of what was not exported.
var Dropped = metric.Desc{
	Name: "export.dropped", Unit: "{sample}", Kind: metric.KindCounter,
	Labels: []string{"exporter", "reason"},
	Help:   "Samples that a source reported and that could not be exported. A panic counts once, however many samples it cost.",
	Action: "If it rises, a metric.Source of your own is broken: call its Collect in a test and check Sample.Validate.",
}

// Reason says why a sample was dropped. The set is closed: it is a label.
type Reason uint8

// The reasons.
const (
	none Reason = iota
	// Conflict: another metric with that name was declared differently.
	Conflict
	// Duplicate: the same name and label values came before in the same walk.
	Duplicate
	// Invalid: the declaration or the value is not valid.
	Invalid
	// Late: emitted after Collect returned, or, for an exporter that needs
	// to know its metrics beforehand, declared too late.
	Late
	// Limit: more than MaxMetrics metrics or MaxSamples samples.
	Limit
	// NotFinite: the value is NaN or infinite.
	NotFinite
	// Panic: the source panicked or called runtime.Goexit.
	Panic

	reasons = iota
)

var reasonNames = [reasons]string{
	Conflict: "conflict", Duplicate: "duplicate", Invalid: "invalid", Late: "late",
	Limit: "limit", NotFinite: "not_finite", Panic: "panic",
}

// String returns the value of the label.
func (r Reason) String() string { return reasonNames[r] }

// drops counts what one Sources dropped.
type drops struct {
	name   string
	counts [reasons]atomic.Uint64
}

// Drop counts a sample that the exporter could not use.
func (s *Sources) Drop(reason Reason) { s.drops.counts[reason].Add(1) }

// Drops returns one sample of [Dropped] for each reason. Exporters send them
// with the others, after what they have dropped themselves.
func (s *Sources) Drops() []metric.Sample {
	samples := make([]metric.Sample, 0, reasons-1)
	for reason := none + 1; reason < reasons; reason++ {
		samples = append(samples, metric.Sample{
			Desc:        Dropped,
			LabelValues: []string{s.drops.name, reason.String()},
			Value:       float64(s.drops.counts[reason].Load()),
		})
	}
	return samples
}
