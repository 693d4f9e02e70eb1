package promvitals

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/metric"
)

// series is one sample as a [prometheus.Metric].
type series struct {
	desc   *prometheus.Desc
	labels []*dto.LabelPair
	sample metric.Sample
}

// Desc implements [prometheus.Metric].
func (s *series) Desc() *prometheus.Desc { return s.desc }

// Write implements [prometheus.Metric].
func (s *series) Write(out *dto.Metric) error {
	out.Label = s.labels
	switch s.sample.Desc.Kind {
	case metric.KindHistogram:
		out.Histogram = histogram(s.sample.Histogram, s.sample.Desc.ClassicBounds())
	case metric.KindCounter:
		out.Counter = &dto.Counter{Value: &s.sample.Value}
	default:
		out.Gauge = &dto.Gauge{Value: &s.sample.Value}
	}
	return nil
}
