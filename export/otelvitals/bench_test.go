package otelvitals_test

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/export/otelvitals"
	"github.com/govitals/govitals/metric"
)

// sixty is about what one service with all parts reports: 60 samples, two of
// them histograms.
func sixty() *list {
	samples := []metric.Sample{lag("part.delay"), lag("part.wait")}
	for i := range 29 {
		d := desc(fmt.Sprintf("part%d.items", i), "{item}", metric.KindCounter, "queue")
		for _, value := range []string{"mail", "sms"} {
			samples = append(samples, metric.Sample{Desc: d, LabelValues: []string{value}, Value: 1})
		}
	}
	return listOf(samples...)
}

func BenchmarkCollect(b *testing.B) {
	source := sixty()
	reader, meter := sdk(b)
	if _, err := otelvitals.Register(meter, source); err != nil {
		b.Fatal(err)
	}
	var out metricdata.ResourceMetrics
	b.ReportAllocs()
	for b.Loop() {
		if err := reader.Collect(b.Context(), &out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProduce(b *testing.B) {
	producer := otelvitals.NewProducer(sixty())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := producer.Produce(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
