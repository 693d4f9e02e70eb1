package promvitals_test

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/metric"
)

// sixty is about what one service with all parts reports: 60 samples of 30
// metrics, two of them histograms.
func sixty() *list {
	var samples []metric.Sample
	for i := range 15 {
		d := desc(fmt.Sprintf("part%d.bytes_in", i), "{item}", metric.KindUpDownCounter)
		samples = append(samples, metric.Sample{Desc: d, Value: 1})
	}
	for i := range 13 {
		d := desc(fmt.Sprintf("part%d.items", i), "{item}", metric.KindCounter, "queue")
		for _, value := range []string{"mail", "sms", "push"} {
			samples = append(samples, metric.Sample{Desc: d, LabelValues: []string{value}, Value: 1})
		}
	}
	for i := range 2 {
		d := desc(fmt.Sprintf("part%d.delay", i), "s", metric.KindHistogram, "route")
		for _, value := range []string{"/", "/items", "/users"} {
			samples = append(samples, metric.Sample{Desc: d, LabelValues: []string{value}, Histogram: lagSample().Histogram})
		}
	}
	return listOf(samples...)
}

func BenchmarkCollect(b *testing.B) {
	collector := promvitals.Collector(sixty())
	ch := make(chan prometheus.Metric, 100)
	b.ReportAllocs()
	for b.Loop() {
		collector.Collect(ch)
		for len(ch) > 0 {
			<-ch
		}
	}
}

func BenchmarkGather(b *testing.B) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(promvitals.Collector(sixty()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := registry.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
