package watch

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/sim"
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

// BenchmarkEffectsStep is a step of an Effects that looks back as far as it can, at
// as many routes as it can.
func BenchmarkEffectsStep(b *testing.B) {
	requests, r := NewInFlight(InFlightConfig{}), rand.New(rand.NewPCG(1, 1))
	effects := NewEffects(EffectsConfig{InFlight: requests, Every: time.Minute})
	now := usageNow{at: time.Now(), goroutines: 100}
	effects.read = func() usageNow {
		now.at, now.cycles, now.live = now.at.Add(time.Minute), now.cycles+1, uint64(mib*(100+300*r.Float64()))
		return now
	}
	step := func() {
		for route := range effectRoutes {
			work := requests.Begin(b.Context(), "GET /"+strconv.Itoa(route))
			work.End(OK)
		}
		effects.step(b.Context())
	}
	for range keptPoints + 1 {
		step()
	}
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
}

// BenchmarkFalseAlarms plays many lives, and reports how many percent of them the two
// detectors of Effects speak up in, of the innocent and of the guilty.
func BenchmarkFalseAlarms(b *testing.B) {
	share := func(stories map[string]story, seed uint64) (fired float64) {
		for _, s := range stories {
			if spoke, _ := s.plays(seed, 600, 16); spoke {
				fired++
			}
		}
		return 100 * fired / float64(len(stories))
	}
	var falseCouple, trueCouple, falseLeft, rounds float64
	for b.Loop() {
		seed := uint64(1000 + rounds)
		falseCouple += share(innocent, seed)
		trueCouple += share(guilty, seed)
		for _, family := range sim.Families() {
			if fired, after := lived(family.Make(seed, 0), 20); fired && after > 6*time.Hour {
				falseLeft += 100 / float64(len(sim.Families()))
			}
		}
		rounds++
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(falseCouple/rounds, "%latency-accused")
	b.ReportMetric(trueCouple/rounds, "%latency-found")
	b.ReportMetric(falseLeft/rounds, "%work-accused")
}
