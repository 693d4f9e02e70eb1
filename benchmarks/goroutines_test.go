package benchmarks

import (
	"context"
	"math"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/govitals/govitals/leakguard"
)

// BenchmarkGoroutinesStep compares a step of the detector, which counts
// goroutines by site, with a goroutine profile into a slice that is large
// enough. There are 100,000 goroutines.
//
//	go test -bench GoroutinesStep -benchtime 10x
func BenchmarkGoroutinesStep(b *testing.B) {
	const parked = 100_000
	defer park(parked)()
	s := newStepper()
	records := make([]runtime.StackRecord, runtime.NumGoroutine()+100)
	s.step()
	s.step()
	race(b,
		contestant{"Step", 1, s.step},
		contestant{"GoroutineProfile", 1, func() { runtime.GoroutineProfile(records) }},
	)
	b.ReportMetric(s.transient()/parked, "B/goroutine")
	b.ReportMetric(s.kept(), "B-kept")
	b.ReportMetric(1e6*longestPause(s.step), "stw-µs")
	b.ReportMetric(1e6*longestPause(func() { runtime.GoroutineProfile(records) }), "stw-GoroutineProfile-µs")
}

// BenchmarkGoroutinesIdle measures a step before which no goroutine was
// started, among 10,000.
func BenchmarkGoroutinesIdle(b *testing.B) {
	defer park(10_000)()
	s := newStepper()
	s.step()
	samples := []metrics.Sample{{Name: "/sched/goroutines:goroutines"}, {Name: "/sched/goroutines-created:goroutines"}}
	race(b,
		contestant{"Step", 1000, s.idle},
		contestant{"metrics.Read", 1000, func() { metrics.Read(samples) }},
	)
	b.ReportMetric(testing.AllocsPerRun(1000, s.idle), "allocs/step")
}

// BenchmarkGo compares leakguard.Go with a go statement.
func BenchmarkGo(b *testing.B) {
	done := make(chan struct{})
	ctx := b.Context()
	race(b,
		contestant{"leakguard.Go", 1000, func() {
			leakguard.Go(ctx, "benchmark", func(context.Context) { done <- struct{}{} })
			<-done
		}},
		contestant{"go", 1000, func() {
			go func() { done <- struct{}{} }()
			<-done
		}},
	)
}

// stepper steps a detector with a clock of its own.
type stepper struct {
	*leakguard.Goroutines
	at time.Time
}

func newStepper() *stepper {
	return &stepper{leakguard.NewGoroutines(leakguard.GoroutinesConfig{}), time.Unix(0, 0)}
}

// step is far enough from the one before that a profile is due, and starts a
// goroutine so that it is taken.
func (s *stepper) step() {
	done := make(chan struct{})
	go close(done)
	<-done
	s.at = s.at.Add(time.Hour)
	s.Step(s.at)
}

func (s *stepper) idle() {
	s.at = s.at.Add(time.Minute)
	s.Step(s.at)
}

// transient returns the bytes that a step allocates.
func (s *stepper) transient() float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.step()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// kept returns the bytes that the detector holds: what is freed with it.
func (s *stepper) kept() float64 {
	with := liveHeap()
	s.step()
	runtime.KeepAlive(s)
	s.Goroutines = leakguard.NewGoroutines(leakguard.GoroutinesConfig{})
	return with - liveHeap()
}

func liveHeap() float64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// longestPause returns the median, over some calls, of the longest stop of the
// world in a call in seconds: the upper edge of its bucket.
func longestPause(do func()) float64 {
	const calls = 11
	longest := make([]float64, calls)
	for i := range longest {
		before := pauses()
		do()
		after := pauses()
		for j, n := range after.Counts {
			if n > before.Counts[j] {
				longest[i] = after.Buckets[j+1]
			}
		}
		if math.IsInf(longest[i], 1) {
			longest[i] = math.MaxFloat64
		}
	}
	return median(longest)
}

func pauses() *metrics.Float64Histogram {
	samples := []metrics.Sample{{Name: "/sched/pauses/total/other:seconds"}}
	metrics.Read(samples)
	return samples[0].Value.Float64Histogram()
}

// park starts goroutines that wait at six places, five calls deep, until the
// function that it returns is called.
func park(n int) (release func()) {
	stop := make(chan struct{})
	places := []func(chan struct{}, int){waitA, waitB, waitC}
	for i := range n {
		if place := places[i%3]; i%2 == 0 {
			go place(stop, 5)
		} else {
			go func() { place(stop, 4) }()
		}
	}
	runtime.GC()
	return func() { close(stop) }
}

func waitA(stop chan struct{}, depth int) {
	if depth > 1 {
		waitA(stop, depth-1)
		return
	}
	<-stop
}

func waitB(stop chan struct{}, depth int) {
	if depth > 1 {
		waitB(stop, depth-1)
		return
	}
	select {
	case <-stop:
	case <-time.After(time.Hour):
	}
}

func waitC(stop chan struct{}, depth int) {
	if depth > 1 {
		waitA(stop, depth-1)
		return
	}
	<-stop
}
