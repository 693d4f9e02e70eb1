package benchmarks

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality/promguard"
)

// BenchmarkPromguardTwo compares two goroutines on 64 sets, which is where the
// lock of client_golang shows: they meet at the same sets, or each has its own half.
// "kept" observes in children that were found before: what is left of the time when
// nothing is looked up.
//
//	go test -run '^$' -bench PromguardTwo -benchtime 500x
func BenchmarkPromguardTwo(b *testing.B) {
	guarded := promguard.NewHistogramVec(promguardOpts, promguardLabels)
	raw := prometheus.NewHistogramVec(promguardOpts, promguardLabels)
	paths := promguardPaths(64)
	kept := make([]prometheus.Observer, len(paths))
	for i, p := range paths {
		kept[i] = raw.WithLabelValues("GET", "200", p)
	}
	for name, at := range map[string]func(worker, i int) int{
		"meet":  func(worker, i int) int { return (i + 32*worker) % 64 },
		"apart": func(worker, i int) int { return i%32 + 32*worker },
	} {
		b.Run(name, func(b *testing.B) {
			raceTwo(b,
				pairing{"raw", func(worker, i int) { raw.WithLabelValues("GET", "200", paths[at(worker, i)]).Observe(0.1) }},
				pairing{"With3", func(worker, i int) { guarded.With3("GET", "200", paths[at(worker, i)]).Observe(0.1) }},
				pairing{"lookup-raw", func(worker, i int) { raw.WithLabelValues("GET", "200", paths[at(worker, i)]) }},
				pairing{"lookup", func(worker, i int) { guarded.With3("GET", "200", paths[at(worker, i)]) }},
				pairing{"kept", func(worker, i int) { kept[at(worker, i)].Observe(0.1) }},
			)
		})
	}
}

// pairing is one way for two goroutines to do what a benchmark compares. do gets
// which of the two calls it, and for which time in the round.
type pairing struct {
	name string
	do   func(worker, i int)
}

// stretch is when a goroutine was busy with its part of a round.
type stretch struct{ start, end time.Time }

// roundCalls is how often each of the two calls do in a round. A round is so short
// that the two mostly keep their processors.
const roundCalls = 1000

// raceTwo is race for two goroutines at a time. They begin each round together. One
// in which one of them was without a processor for a tenth of it says nothing about
// how the two get along, and is left out; on a busy machine most are.
func raceTwo(b *testing.B, pairings ...pairing) {
	b.Helper()
	var arrived atomic.Int64
	rounds := b.N * len(pairings)
	play := func(worker int) []stretch {
		spans := make([]stretch, rounds)
		for r := range spans {
			do := pairings[r%len(pairings)].do
			arrived.Add(1)
			for arrived.Load() < int64(2*(r+1)) {
			}
			spans[r].start = time.Now()
			for i := range roundCalls {
				do(worker, i)
			}
			spans[r].end = time.Now()
		}
		return spans
	}
	other := make(chan []stretch)
	go func() { other <- play(1) }()
	ours := play(0)
	theirs := <-other
	times := make([][]float64, len(pairings))
	for r := range ours {
		if ns, together := ours[r].with(theirs[r]); together {
			i := r % len(pairings)
			times[i] = append(times[i], ns/roundCalls)
		}
	}
	reportTwo(b, pairings, times)
}

// with returns how long a round took, and whether both ran for nine tenths of it.
func (s stretch) with(other stretch) (ns float64, together bool) {
	whole := max(s.end.Sub(s.start), other.end.Sub(s.start), s.end.Sub(other.start), other.end.Sub(other.start))
	both := min(s.end.Sub(s.start), other.end.Sub(s.start), s.end.Sub(other.start), other.end.Sub(other.start))
	return float64(whole.Nanoseconds()), both > whole-whole/10
}

// reportTwo reports the median time of each pairing, how the first compares with it,
// and how many rounds counted.
func reportTwo(b *testing.B, pairings []pairing, times [][]float64) {
	b.ReportMetric(0, "ns/op")
	for i, p := range pairings {
		if len(times[0])*len(times[i]) == 0 {
			continue // the two never ran at the same time
		}
		b.ReportMetric(median(times[i]), p.name+"-ns")
		if i > 0 {
			b.ReportMetric(median(times[0])/median(times[i]), pairings[0].name+"/"+p.name)
		}
	}
	b.ReportMetric(float64(len(times[0])), "rounds-counted")
}
