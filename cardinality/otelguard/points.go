package otelguard

import (
	"iter"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/cardinality/internal/series"
)

// pointsOf returns the attributes of each point, and its value: of a histogram the
// count.
func pointsOf(data metricdata.Aggregation) iter.Seq2[*attribute.Set, float64] {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		return numbers(d.DataPoints)
	case metricdata.Sum[float64]:
		return numbers(d.DataPoints)
	case metricdata.Gauge[int64]:
		return numbers(d.DataPoints)
	case metricdata.Gauge[float64]:
		return numbers(d.DataPoints)
	case metricdata.Histogram[int64]:
		return histograms(d.DataPoints)
	case metricdata.Histogram[float64]:
		return histograms(d.DataPoints)
	case metricdata.ExponentialHistogram[int64]:
		return exponentials(d.DataPoints)
	case metricdata.ExponentialHistogram[float64]:
		return exponentials(d.DataPoints)
	case metricdata.Summary:
		return summaries(d.DataPoints)
	}
	return func(func(*attribute.Set, float64) bool) {}
}

func numbers[N number](points []metricdata.DataPoint[N]) iter.Seq2[*attribute.Set, float64] {
	return each(points, func(p *metricdata.DataPoint[N]) (*attribute.Set, float64) { return &p.Attributes, float64(p.Value) })
}

func histograms[N number](points []metricdata.HistogramDataPoint[N]) iter.Seq2[*attribute.Set, float64] {
	return each(points, func(p *metricdata.HistogramDataPoint[N]) (*attribute.Set, float64) {
		return &p.Attributes, float64(p.Count)
	})
}

func exponentials[N number](points []metricdata.ExponentialHistogramDataPoint[N]) iter.Seq2[*attribute.Set, float64] {
	return each(points, func(p *metricdata.ExponentialHistogramDataPoint[N]) (*attribute.Set, float64) {
		return &p.Attributes, float64(p.Count)
	})
}

func summaries(points []metricdata.SummaryDataPoint) iter.Seq2[*attribute.Set, float64] {
	return each(points, func(p *metricdata.SummaryDataPoint) (*attribute.Set, float64) {
		return &p.Attributes, float64(p.Count)
	})
}

func each[P any](points []P, read func(*P) (*attribute.Set, float64)) iter.Seq2[*attribute.Set, float64] {
	return func(yield func(*attribute.Set, float64) bool) {
		for i := range points {
			if !yield(read(&points[i])) {
				return
			}
		}
	}
}

// valuesIn returns the values of the attributes of the first points.
func valuesIn(data metricdata.Aggregation) series.Values {
	values, n := series.Values{}, 0
	for attributes := range pointsOf(data) {
		if n++; n > series.Sampled {
			break
		}
		for i := range attributes.Len() {
			kv, _ := attributes.Get(i)
			values.Add(string(kv.Key), kv.Value.String())
		}
	}
	return values
}

// isOverflow reports whether a set is that in which the SDK merges what is beyond its
// limit: it has nothing but a mark.
func isOverflow(attributes *attribute.Set) bool {
	if attributes.Len() != 1 {
		return false
	}
	kv, _ := attributes.Get(0)
	return kv.Key == reserved && kv.Value.AsBool()
}
