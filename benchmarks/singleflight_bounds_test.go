package benchmarks

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/singleflight"
)

// BenchmarkBudget loads 1,000 keys of 8 MiB under 64 MiB, as fast as it can. It
// reports the most that was held and reserved, and the largest live heap after a
// collection that callers who keep nothing leave.
func BenchmarkBudget(b *testing.B) {
	var most atomic.Int64
	live := 0.0
	for b.Loop() {
		g := singleflight.New(singleflight.Config[string, []byte]{Reuse: time.Minute, MaxBytes: 64 << 20, MaxLoads: 64})
		runtime.GC()
		before := heapObjects()
		var wait sync.WaitGroup
		for i := range 1000 {
			wait.Go(func() {
				_, _, err := g.Do(b.Context(), fmt.Sprint(i), func(context.Context) ([]byte, error) { return make([]byte, bodySize), nil })
				if err != nil {
					b.Error(err)
				}
				for sum, old := heldAndReserved(g), most.Load(); sum > old && !most.CompareAndSwap(old, sum); {
					old = most.Load()
				}
			})
		}
		wait.Wait()
		runtime.GC()
		live = max(live, heapObjects()-before)
		if err := g.Close(); err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(most.Load())/(1<<20), "MiB-held+reserved")
	b.ReportMetric(live/(1<<20), "MiB-live")
}

func heldAndReserved(source metric.Source) (sum int64) {
	source.Collect(func(s metric.Sample) {
		if s.Desc.Name == "singleflight.held" || s.Desc.Name == "singleflight.reserved" {
			sum += int64(s.Value)
		}
	})
	return sum
}

// BenchmarkHungReport measures how long a goroutine that only counts is held up
// while the stack of a hung load is looked for among 10,000 goroutines.
func BenchmarkHungReport(b *testing.B) {
	defer crowd(b, 1, herdSize)()
	var worst, idle []float64
	for b.Loop() {
		idle = append(idle, float64(longestGap(50*time.Millisecond, nil))/1e6)
		told, release := make(chan singleflight.Hung[string], 4), make(chan struct{})
		g := singleflight.New(singleflight.Config[string, int]{
			AbandonAfter: 10 * time.Millisecond, OnHung: func(_ context.Context, h singleflight.Hung[string]) { told <- h },
		})
		done := make(chan struct{})
		go func() {
			h := <-told
			if !strings.Contains(strings.Join(h.Stack, "\n"), "waitFor") {
				b.Errorf("stack %v", h.Stack)
			}
			close(done)
		}()
		ctx, leave := context.WithCancel(b.Context())
		go g.Do(ctx, "key", func(context.Context) (int, error) { return waitFor(release), nil })
		worst = append(worst, float64(longestGap(0, done))/1e6)
		leave()
		close(release)
		if err := g.Close(); err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(worst), "stall-ms")
	b.ReportMetric(median(idle), "idle-stall-ms")
}

//go:noinline
func waitFor(release <-chan struct{}) int { <-release; return 1 }

// longestGap counts until done, or for a time, and returns the longest gap.
func longestGap(d time.Duration, done <-chan struct{}) (longest time.Duration) {
	begin, last := time.Now(), time.Now()
	for {
		select {
		case <-done:
			return longest
		default:
		}
		now := time.Now()
		longest, last = max(longest, now.Sub(last)), now
		if d > 0 && now.Sub(begin) > d {
			return longest
		}
	}
}
