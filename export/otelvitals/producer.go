package otelvitals

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/internal/collect"
	"github.com/govitals/govitals/metric"
)

// ScopeName is the instrumentation scope of the histograms. A meter of this name, without
// a version, puts the other figures beside them.
const ScopeName = "github.com/govitals/govitals"

// processStart is when the process began, as near as this package can tell.
// Cumulative counts began at zero then.
var processStart = time.Now()

// NewProducer returns a producer of the histograms that the sources report, and
// of nothing else, for [sdkmetric.WithProducer]. It is safe for concurrent use.
// It panics if a source is nil.
func NewProducer(sources ...metric.Source) sdkmetric.Producer {
	s, err := collect.New("otelvitals.NewProducer", sources...)
	if err != nil {
		panic(err)
	}
	return &producer{sources: s}
}

type producer struct{ sources *collect.Sources }

// Produce implements [sdkmetric.Producer].
func (p *producer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	metrics := histograms(p.sources.Samples(), time.Now())
	if len(metrics) == 0 {
		return nil, nil
	}
	return []metricdata.ScopeMetrics{{Scope: instrumentation.Scope{Name: ScopeName}, Metrics: metrics}}, nil
}

// histograms returns one metric for each name, in the order of the samples.
func histograms(samples []metric.Sample, now time.Time) []metricdata.Metrics {
	var descs []*metric.Desc
	points := make(map[string][]metricdata.HistogramDataPoint[float64])
	for i := range samples {
		s := &samples[i]
		if s.Histogram == nil {
			continue
		}
		if points[s.Desc.Name] == nil {
			descs = append(descs, &s.Desc)
		}
		points[s.Desc.Name] = append(points[s.Desc.Name], point(s, now))
	}
	metrics := make([]metricdata.Metrics, len(descs))
	for i, d := range descs {
		metrics[i] = describe(d, points[d.Name])
	}
	return metrics
}

func describe(d *metric.Desc, points []metricdata.HistogramDataPoint[float64]) metricdata.Metrics {
	return metricdata.Metrics{
		Name: d.OpenTelemetryName(), Description: d.Help, Unit: d.Unit,
		Data: metricdata.Histogram[float64]{DataPoints: points, Temporality: metricdata.CumulativeTemporality},
	}
}

// point returns the sample with explicit buckets, the last one above all bounds.
func point(s *metric.Sample, now time.Time) metricdata.HistogramDataPoint[float64] {
	bounds := s.Desc.ClassicBounds()
	counts := make([]uint64, 0, len(bounds)+1)
	below := uint64(0)
	for _, cumulative := range append(s.Histogram.Cumulative(bounds), s.Histogram.Count()) {
		counts = append(counts, cumulative-below)
		below = cumulative
	}
	return metricdata.HistogramDataPoint[float64]{
		Attributes: attributes(s),
		StartTime:  processStart, Time: now,
		Count: s.Histogram.Count(), Sum: s.Histogram.Sum,
		Bounds: bounds, BucketCounts: counts,
	}
}
