package watch

import (
	"context"
	"testing"
)

func BenchmarkInFlight(b *testing.B) {
	f := NewInFlight(InFlightConfig{})
	ctx := b.Context()
	b.ReportAllocs()
	b.SetParallelism(1)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			f.Begin(ctx, "a").End(OK)
		}
	})
}

func BenchmarkItem(b *testing.B) {
	q := NewQueue("a")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			item := q.Add()
			item.Start()
			item.Done()
		}
	})
}

// BenchmarkRun is what a Job adds to a run, without its timer.
func BenchmarkRun(b *testing.B) {
	j := NewJob(JobConfig{Name: "a", Every: 1 << 40})
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		j.once(ctx, nothing)
		j.save(false)
	}
}
func nothing(context.Context) error { return nil }
