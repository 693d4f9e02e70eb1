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

// race runs the contestants in turn for b.N rounds and reports, in nanoseconds, the
// median time per call of each, and how the first compares with each.
func race(b *testing.B, contestants ...contestant) {
	b.Helper()
	times := inTurn(b, contestants)
	for i, c := range contestants[1:] {
		b.ReportMetric(times[0]/times[i+1], contestants[0].name+"/"+c.name)
	}
}

// against is race the other way round: how each compares with the first.
func against(b *testing.B, contestants ...contestant) {
	b.Helper()
	times := inTurn(b, contestants)
	for i, c := range contestants[1:] {
		b.ReportMetric(times[i+1]/times[0], c.name+"/"+contestants[0].name)
	}
}

// inTurn runs the contestants in turn for b.N rounds and returns, and reports, the
// median time per call of each.
func inTurn(b *testing.B, contestants []contestant) []float64 {
	b.Helper()
	times := make([][]float64, len(contestants))
	for b.Loop() {
		for i, c := range contestants {
			times[i] = append(times[i], c.round())
		}
	}
	b.ReportMetric(0, "ns/op") // the sum of all contestants says nothing
	medians := make([]float64, len(contestants))
	for i, c := range contestants {
		medians[i] = median(times[i])
		b.ReportMetric(medians[i], c.name+"-ns")
	}
	return medians
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
