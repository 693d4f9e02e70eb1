package collect

import (
	"testing"

	"github.com/govitals/govitals/metric"
)

func BenchmarkSamples(b *testing.B) {
	var samples []metric.Sample
	for _, value := range []string{"a", "b", "c", "d", "e", "f"} {
		for _, name := range []string{"a.one", "a.two", "a.three", "a.four", "a.five", "a.six", "a.seven", "a.eight", "a.nine", "a.ten"} {
			samples = append(samples, metric.Sample{Desc: counter(name, "label"), LabelValues: []string{value}})
		}
	}
	s := newSources(b, listOf(samples...))
	b.ReportAllocs()
	for b.Loop() {
		if len(s.Samples()) != 60 {
			b.Fatal("samples are missing")
		}
	}
}
