package promvitals_test

import (
	"math"
	"testing"

	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/metric"
)

// Whatever a source emits, the scrape succeeds, can be read and has the others.
func FuzzCollector(f *testing.F) {
	f.Add("queue.depth", "{item}", "Help.", uint8(1), "queue", "mail", 1.0, 4, 0, uint16(3))
	f.Add("a.b", "s", "\xff", uint8(3), "le", "\xff", math.NaN(), 9, math.MaxInt, uint16(300))
	f.Add("x.age", "s", "Help.", uint8(0), "", "", math.Inf(-1), -1, math.MinInt, uint16(0))
	f.Fuzz(func(t *testing.T, name, unit, help string, kind uint8, label, value string, x float64, schema, first int, buckets uint16) {
		s := metric.Sample{Value: x, Desc: metric.Desc{Name: name, Unit: unit, Help: help, Action: "Act.", Kind: metric.Kind(kind % 5)}}
		if label != "" {
			s.Desc.Labels, s.LabelValues = []string{label}, []string{value}
		}
		if s.Desc.Kind == metric.KindHistogram {
			s.Histogram = &metric.Histogram{Schema: schema, First: first, Sum: x, Counts: make([]uint64, buckets)}
			for i := range s.Histogram.Counts {
				s.Histogram.Counts[i] = uint64(i % 5)
			}
		}
		age := metric.Sample{Desc: desc("x.age", "s", metric.KindGauge), Value: 7}
		server := serve(t, promvitals.Collector(listOf(age, s)))
		for _, series := range parse(t, scrape(t, server, "")) {
			if series.Name == "govitals_x_age_seconds" && series.Value == 7 {
				protobuf(t, scrape(t, server, acceptProtobuf))
				return
			}
		}
		t.Errorf("the other figure is gone because of %+v", s)
	})
}
