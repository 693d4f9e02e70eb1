package benchmarks

import (
	"runtime"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/heap"
)

// BenchmarkHeapRead compares one reading of the heap with what others do for
// theirs, on a heap of 64 MiB in small objects and with 1,000 goroutines.
func BenchmarkHeapRead(b *testing.B) {
	defer ballast(1_000)()
	var stats heap.Stats
	var memStats runtime.MemStats
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector())
	race(b,
		contestant{"heap.Read", 200, func() { heap.Read(&stats) }},
		contestant{"ReadMemStats", 20, func() { runtime.ReadMemStats(&memStats) }},
		contestant{"GoCollector", 10, func() { _, _ = registry.Gather() }},
	)
	b.ReportMetric(testing.AllocsPerRun(100, func() { heap.Read(&stats) }), "allocs/read")
	b.ReportMetric(pausesPerCall(func() { heap.Read(&stats) }), "stw/read")
	b.ReportMetric(pausesPerCall(func() { runtime.ReadMemStats(&memStats) }), "stw/ReadMemStats")
}

// BenchmarkScrape compares a scrape of everything that a Monitor reports with
// one of the Go collector.
func BenchmarkScrape(b *testing.B) {
	defer ballast(1_000)()
	monitor, err := heap.NewMonitor(heap.MonitorConfig{})
	if err != nil {
		b.Fatal(err)
	}
	if err := monitor.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer monitor.Close()
	ours, theirs := prometheus.NewRegistry(), prometheus.NewRegistry()
	ours.MustRegister(promvitals.Collector(monitor))
	theirs.MustRegister(collectors.NewGoCollector())
	race(b,
		contestant{"promvitals", 10, func() { _, _ = ours.Gather() }},
		contestant{"GoCollector", 10, func() { _, _ = theirs.Gather() }},
	)
}

// ballast fills the heap and starts goroutines until the function that it
// returns is called.
func ballast(goroutines int) (release func()) {
	objects := make([]*[64]byte, 1<<20)
	for i := range objects {
		objects[i] = new([64]byte)
	}
	stop := make(chan struct{})
	for range goroutines {
		go func() { <-stop }()
	}
	runtime.GC()
	return func() { close(stop); runtime.KeepAlive(objects) }
}

// pausesPerCall counts how often the world was stopped for something else than
// garbage collection, per call.
func pausesPerCall(do func()) float64 {
	const calls = 1000
	before := otherPauses()
	for range calls {
		do()
	}
	return float64(otherPauses()-before) / calls
}

func otherPauses() (count uint64) {
	for _, n := range pauses().Counts {
		count += n
	}
	return count
}
