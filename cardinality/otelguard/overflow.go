package otelguard

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/cardinality/internal/series"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// overflow is what is known of a metric that reached the limit of the SDK.
type overflow struct {
	since time.Time // when that was first seen
	sets  int       // at the latest count
	label string    // the attribute with the most values
	share float64   // of the merged set in the sum over all, NaN if there is none
}

// noteOverflow looks at a metric in which the SDK merges sets.
func (s *Series) noteOverflow(m metricdata.Metrics, merged float64) {
	o := s.overflow[m.Name]
	if o == nil && len(s.overflow) >= series.MaxMetrics {
		return
	}
	if o == nil {
		o = &overflow{since: s.now()}
		s.overflow[m.Name] = o
	}
	all, sets := 0.0, 0
	for _, value := range pointsOf(m.Data) {
		sets++
		all += value
	}
	o.sets, o.label, o.share = sets, valuesIn(m.Data).Most(), math.NaN()
	if addsUp(m.Data) {
		o.share = merged / all
	}
}

// addsUp reports whether a part of the sum over all points says something: not of what
// may also fall.
func addsUp(data metricdata.Aggregation) bool {
	switch d := data.(type) {
	case metricdata.Gauge[int64], metricdata.Gauge[float64]:
		return false
	case metricdata.Sum[int64]:
		return d.IsMonotonic
	case metricdata.Sum[float64]:
		return d.IsMonotonic
	}
	return true
}

// Overflow returns the face that says which metrics reached the limit of the SDK
// itself, at which it merges all further sets into one without attributes. It is
// for vitals.Add; a signal does not say it by itself.
func (s *Series) Overflow() finding.Source { return overflows{s} }

type overflows struct{ of *Series }

// Findings implements [finding.Source].
func (o overflows) Findings() (findings []finding.Finding) {
	o.of.mu.Lock()
	defer o.of.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(o.of.overflow)) {
		findings = append(findings, o.of.overflow[name].finding(name))
	}
	return findings
}

func (o *overflow) finding(metric string) finding.Finding {
	what := metric
	if o.label != "" {
		what += "{" + o.label + "}"
	}
	f := finding.Finding{
		Signal: "series", State: finding.Exploded, Since: o.since, Cause: "label",
		Summary: fmt.Sprintf("%s exploded: the OpenTelemetry SDK has reached its own limit at %s, and merges all further ones into one without attributes.",
			what, text.Count(o.sets, "attribute set")),
		Culprits: []finding.Culprit{{Name: what, Share: 1}},
		Advice:   "Who came first keeps a place until the restart, with delta temporality until the next collection. Use otelguard.NewMeterProvider, or take the attribute off; sdkmetric.WithCardinalityLimit raises the limit if all sets are wanted.",
	}
	if o.share > 0 && o.share <= 1 {
		f.Summary += fmt.Sprintf(" That one has %.0f %% of all that was recorded.", 100*o.share)
	}
	return f
}
