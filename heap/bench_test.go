package heap

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// BenchmarkTick compares a tick of a Monitor, once without and once with a new
// collection to account for, with runtime.ReadMemStats: medians of calls in
// turns.
func BenchmarkTick(b *testing.B) {
	m, err := NewMonitor(MonitorConfig{})
	if err != nil {
		b.Fatal(err)
	}
	fresh, err := NewMonitor(MonitorConfig{})
	if err != nil {
		b.Fatal(err)
	}
	fresh.read = func(s *Stats) { Read(s); s.Cycles = fresh.now.Cycles + 1 }
	var stats runtime.MemStats
	contestants := []struct {
		name string
		do   func()
	}{
		{"tick", func() { m.step(b.Context()) }},
		{"tick-new-cycle", func() { fresh.step(b.Context()) }},
		{"ReadMemStats", func() { runtime.ReadMemStats(&stats) }},
	}
	const calls = 100
	times := make([][]float64, len(contestants))
	for b.Loop() {
		for i, c := range contestants {
			start := time.Now()
			for range calls {
				c.do()
			}
			times[i] = append(times[i], float64(time.Since(start).Nanoseconds())/calls)
		}
	}
	median := func(i int) float64 { slices.Sort(times[i]); return times[i][len(times[i])/2] }
	b.ReportMetric(0, "ns/op")
	for i, c := range contestants {
		b.ReportMetric(median(i), c.name+"-ns")
	}
	b.ReportMetric(median(0)/median(2), "tick/ReadMemStats")
	b.ReportMetric(median(1)/median(2), "tick-new-cycle/ReadMemStats")
}
