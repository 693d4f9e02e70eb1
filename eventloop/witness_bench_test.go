package eventloop

import (
	"slices"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/proc"
)

// BenchmarkWitness measures the reading that a probe takes at each tick, with its
// parts, that of the threads too, and the end of a stall. It reports medians,
// because whatever else runs on the machine is in the averages.
func BenchmarkWitness(b *testing.B) {
	w := newWitness()
	w.Baseline(time.Now(), asDue)
	throttling := proc.NewFile("/sys/fs/cgroup/cpu/cpu.stat", 1024)
	for _, part := range []struct {
		name string
		do   func()
	}{
		{"Baseline", func() { w.Baseline(w.last.threadsAt, asDue) }}, // the threads are not due
		{"Explain", func() {
			end := time.Now()
			w.Explain(end.Add(-50*time.Millisecond), end, 50*time.Millisecond)
		}},
		{"part=runtime", func() { w.source.runtime(&w.last) }},
		{"part=usage", func() { w.source.usage(&w.last, &w.faults) }},
		{"part=kernel", func() { w.source.kernel(&w.last, &w.faults) }},
		{"part=throttling", func() { _, _ = throttling.Read() }},
		{"part=threads", func() { w.source.threads(&w.last, &w.faults) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			var times []time.Duration
			for b.Loop() {
				began := time.Now()
				part.do()
				times = append(times, time.Since(began))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Nanoseconds()), "median-ns")
		})
	}
}
