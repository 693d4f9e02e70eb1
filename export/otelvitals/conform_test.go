package otelvitals_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/export/otelvitals"
	"github.com/govitals/govitals/internal/conform"
	"github.com/govitals/govitals/metric"
)

func TestConform(t *testing.T) {
	conform.Exporter(t, func(t *testing.T, sources ...metric.Source) func() []conform.Series {
		reader, meter := sdk(t, sources...)
		if _, err := otelvitals.Register(meter, sources...); err != nil {
			t.Fatal(err)
		}
		return func() []conform.Series {
			var all []conform.Series
			for _, m := range collect(t, reader) {
				all = append(all, neutral(t, m)...)
			}
			return all
		}
	})
}

// neutral translates one metric as the SDK gave it to its reader.
func neutral(t *testing.T, m metricdata.Metrics) []conform.Series {
	t.Helper()
	like := conform.Series{Help: m.Description, Unit: m.Unit}
	switch data := m.Data.(type) {
	case metricdata.Gauge[float64]:
		like.Kind = "gauge"
		like.Name = conform.PrometheusName(m.Name, m.Unit, like.Kind)
		return values(like, data.DataPoints)
	case metricdata.Sum[float64]:
		like.Kind = map[bool]string{true: "counter", false: "updowncounter"}[data.IsMonotonic]
		like.Name = conform.PrometheusName(m.Name, m.Unit, like.Kind)
		if !data.IsMonotonic {
			like.Kind = "gauge" // as Prometheus calls it
		}
		return values(like, data.DataPoints)
	case metricdata.Histogram[float64]:
		like.Kind = "histogram"
		like.Name = conform.PrometheusName(m.Name, m.Unit, like.Kind)
		return buckets(like, data.DataPoints)
	}
	t.Fatalf("%s is a %T", m.Name, m.Data)
	return nil
}

func values(like conform.Series, points []metricdata.DataPoint[float64]) (all []conform.Series) {
	for _, point := range points {
		like.Labels, like.Value = labels(point.Attributes), point.Value
		all = append(all, like)
	}
	return all
}

func buckets(like conform.Series, points []metricdata.HistogramDataPoint[float64]) (all []conform.Series) {
	for _, point := range points {
		like.Labels, like.Count, like.Sum = labels(point.Attributes), point.Count, point.Sum
		like.Buckets = make(map[float64]uint64)
		below := uint64(0)
		for i, bound := range point.Bounds {
			below += point.BucketCounts[i]
			like.Buckets[bound] = below
		}
		all = append(all, like)
	}
	return all
}

func labels(set attribute.Set) map[string]string {
	m := make(map[string]string)
	for _, pair := range set.ToSlice() {
		m[string(pair.Key)] = pair.Value.AsString()
	}
	return m
}
