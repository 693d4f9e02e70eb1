package vitals

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/metric"
)

// maxFigures bounds the figures of one name that are taken from parts, which others
// wrote.
const maxFigures = 1000

// partSamples are the figures of the parts that were added, by the name of the metric.
// Parts are known by what they report, so that one in a wrapper counts too.
type partSamples map[string][]metric.Sample

// Names that are read in several places, of metrics and of the signal that counts series.
const (
	nameSignalValue = "signal.value"
	nameDistinct    = "cardinality.distinct_estimate"
	signalSeries    = "series"
)

// wanted are the metrics that the page shows.
var wanted = map[string]bool{
	nameSignalValue: true, "cardinality.sets": true, "cardinality.limit": true, "cardinality.overflow_observations": true,
	nameDistinct: true, "cardinality.held": true,
	"queue.depth": true, "queue.oldest_age": true, "queue.in_progress": true,
	"job.overdue": true, "job.last_success_timestamp": true, "job.running": true,
	"inflight.requests": true, "inflight.oldest": true, "inflight.orphans": true,
	"outbound.waiting": true, "outbound.oldest": true, "pool.in_use": true, "pool.limit": true, "pool.waiting": true,
	"singleflight.calls": true, "singleflight.running": true, "singleflight.oldest": true,
	"httpflight.requests": true, "httpflight.running": true, "httpflight.oldest": true,
}

// partFigures asks the parts for their figures of now.
func (v *Vitals) partFigures() partSamples {
	all := partSamples{}
	for _, source := range v.metricSources() {
		switch source.(type) {
		case *heap.Monitor, *heap.Recorder, *eventloop.Probe, *eventloop.Capture:
			continue // the page has these at first hand
		}
		v.collectFrom(source, func(s metric.Sample) {
			if name := s.Desc.Name; wanted[name] && len(all[name]) < maxFigures && len(s.LabelValues) == len(s.Desc.Labels) {
				all[name] = append(all[name], readable(s))
			}
		})
	}
	return all
}

// readable is a sample whose labels, which others chose, can be shown anywhere.
func readable(s metric.Sample) metric.Sample {
	s.LabelValues = slices.Clone(s.LabelValues)
	for i, value := range s.LabelValues {
		s.LabelValues[i] = text.Clean(value, maxName)
	}
	return s
}

// sum adds up the figures of a name; ok is false if there are none.
func (f partSamples) sum(name string) (total float64, ok bool) {
	for _, s := range f[name] {
		total += s.Value
	}
	return total, len(f[name]) > 0
}

// most returns the largest figure of a name, as of ages, which do not add up.
func (f partSamples) most(name string) (largest float64) {
	for _, s := range f[name] {
		largest = max(largest, s.Value)
	}
	return largest
}

// by returns the figures of a name by the value of the first label, added up over
// the others.
func (f partSamples) by(name string) map[string]float64 {
	all := map[string]float64{}
	for _, s := range f[name] {
		label := ""
		if len(s.LabelValues) > 0 {
			label = s.LabelValues[0]
		}
		all[label] += s.Value
	}
	return all
}

// byBoth returns the figures of a name by the values of the first two labels.
func (f partSamples) byBoth(name string) map[string]map[string]float64 {
	all := map[string]map[string]float64{}
	for _, s := range f[name] {
		if len(s.LabelValues) < 2 {
			continue
		}
		if all[s.LabelValues[0]] == nil {
			all[s.LabelValues[0]] = map[string]float64{}
		}
		all[s.LabelValues[0]][s.LabelValues[1]] += s.Value
	}
	return all
}

// largestFirst orders the keys of figures, equal ones by name.
func largestFirst[N cmp.Ordered](of map[string]N) []string {
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b))
	})
}

// series returns how many metric series there are: as the signal of that name says,
// or else how many sets guarded metrics have.
func (f partSamples) series() (float64, bool) {
	if n, ok := f.by(nameSignalValue)[signalSeries]; ok {
		return n, true
	}
	return f.sum("cardinality.sets")
}

// partValues are the series of the history that come from parts.
func partValues(f partSamples) [seriesCount]float32 {
	values := unknownValues()
	set := func(series int, value float64, ok bool) {
		if ok && math.Abs(value) <= math.MaxFloat32 { // JSON has no infinity
			values[series] = float32(value)
		}
	}
	n, ok := f.series()
	set(seriesSets, n, ok)
	n, ok = f.sum("queue.depth")
	set(seriesDepth, n, ok)
	n, ok = f.sum("inflight.requests")
	set(seriesInFlight, n, ok)
	return values
}
