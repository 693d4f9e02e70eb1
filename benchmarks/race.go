package benchmarks

import (
	"slices"
	"testing"
	"time"
)

// contestant is one way to do what a benchmark compares.
type contestant struct {
	name string
	// calls is how often do is called per round, so that a round takes some
	// hundred microseconds at least.
	calls int
	do    func()
}

// race runs the contestants in turn for b.N rounds and reports, in nanoseconds,
// the median time per call of each, and how the first compares with each.
func race(b *testing.B, contestants ...contestant) {
	b.Helper()
	times := make([][]float64, len(contestants))
	for b.Loop() {
		for i, c := range contestants {
			times[i] = append(times[i], c.round())
		}
	}
	first := median(times[0])
	b.ReportMetric(0, "ns/op") // the sum of all contestants says nothing
	for i, c := range contestants {
		b.ReportMetric(median(times[i]), c.name+"-ns")
		if i > 0 {
			b.ReportMetric(first/median(times[i]), contestants[0].name+"/"+c.name)
		}
	}
}

// round returns the time of one call in nanoseconds.
func (c contestant) round() float64 {
	start := time.Now()
	for range c.calls {
		c.do()
	}
	return float64(time.Since(start).Nanoseconds()) / float64(c.calls)
}

func median(times []float64) float64 {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}
