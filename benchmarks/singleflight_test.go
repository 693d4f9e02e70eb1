package benchmarks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/viccon/sturdyc"
	xsync "golang.org/x/sync/singleflight"

	"github.com/govitals/govitals/singleflight"
)

const (
	herdSize = 10_000
	bodySize = 8 << 20
	loadTime = 50 * time.Millisecond
	// herdReuse is longer than a herd takes to arrive, on a machine that is busy.
	herdReuse = 10 * time.Second
)

// bodyLoad makes a value, and bodyLookup finds that of a key, by a load or without.
type (
	bodyLoad   = func(context.Context) ([]byte, error)
	bodyLookup = func(ctx context.Context, key string, load bodyLoad) ([]byte, error)
)

// coalescer makes a lookup for one herd, with nothing kept.
type coalescer struct {
	name string
	make func() (do bodyLookup, end func())
}

var coalescers = []coalescer{
	{"ours", func() (bodyLookup, func()) {
		g := singleflight.New(singleflight.Config[string, []byte]{Reuse: herdReuse})
		return func(ctx context.Context, key string, load bodyLoad) ([]byte, error) {
			b, _, err := g.Do(ctx, key, load)
			return b, err
		}, func() { _ = g.Close() }
	}},
	{"xsync-DoChan", func() (bodyLookup, func()) {
		var g xsync.Group
		return func(ctx context.Context, key string, load bodyLoad) ([]byte, error) {
			select {
			case r := <-g.DoChan(key, func() (any, error) { return load(context.WithoutCancel(ctx)) }):
				return r.Val.([]byte), r.Err
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}, func() {}
	}},
	{"otter", func() (bodyLookup, func()) {
		c := otter.Must(&otter.Options[string, []byte]{ExpiryCalculator: otter.ExpiryWriting[string, []byte](herdReuse)})
		return func(ctx context.Context, key string, load bodyLoad) ([]byte, error) {
			return c.Get(ctx, key, otter.LoaderFunc[string, []byte](func(ctx context.Context, _ string) ([]byte, error) { return load(ctx) }))
		}, func() {}
	}},
	{"sturdyc", func() (bodyLookup, func()) {
		c := sturdyc.New[[]byte](1000, 10, herdReuse, 10, sturdyc.WithNoContinuousEvictions())
		return func(ctx context.Context, key string, load bodyLoad) ([]byte, error) {
			return c.GetOrFetch(ctx, key, load)
		}, func() {}
	}},
}

// BenchmarkHerd lets 10,000 callers ask for one value of 8 MiB whose load takes
// 50 ms, with a context of their own each. It reports how many loads that took at
// most, in how many rounds it was one, and the peak of the heap over that of as
// many goroutines that just wait, in KiB beyond the body.
func BenchmarkHerd(b *testing.B) {
	most, single := map[string]float64{}, map[string]float64{}
	peaks := map[string][]float64{}
	for b.Loop() {
		peaks["idle"] = append(peaks["idle"], herd(func(ctx context.Context) { <-ctx.Done() }, loadTime))
		for _, c := range coalescers {
			do, end := c.make()
			var loads atomic.Int64
			load := func(context.Context) ([]byte, error) {
				loads.Add(1)
				body := make([]byte, bodySize)
				for i := range body {
					body[i] = 1
				}
				time.Sleep(loadTime)
				return body, nil
			}
			peaks[c.name] = append(peaks[c.name], herd(func(ctx context.Context) {
				if body, err := do(ctx, "key", load); err != nil || len(body) != bodySize {
					b.Error(len(body), err)
				}
			}, time.Minute))
			end()
			most[c.name] = max(most[c.name], float64(loads.Load()))
			if loads.Load() == 1 {
				single[c.name]++
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, c := range coalescers {
		b.ReportMetric(most[c.name], c.name+"-most-loads")
		b.ReportMetric(100*single[c.name]/float64(b.N), c.name+"-%-single")
		over := median(peaks[c.name]) - median(peaks["idle"]) - bodySize
		b.ReportMetric(over/herdSize, c.name+"-B/waiter")
	}
}

// herd runs a herd and returns the peak of the heap while it runs, in bytes.
func herd(caller func(context.Context), patience time.Duration) float64 {
	runtime.GC()
	before := heapObjects()
	stop, peak := make(chan struct{}), make(chan float64)
	go func() {
		most := 0.0
		for {
			most = max(most, heapObjects())
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	var wait sync.WaitGroup
	for range herdSize {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			caller(ctx)
		})
	}
	wait.Wait()
	close(stop)
	return <-peak - before
}

func heapObjects() float64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return float64(s[0].Value.Uint64())
}

// BenchmarkReused compares how long it takes to be handed a value that is there:
// one hot key, and 1,024 keys in random order, by one goroutine and by two.
func BenchmarkReused(b *testing.B) {
	g := singleflight.New(singleflight.Config[string, int]{Reuse: time.Hour})
	defer g.Close()
	cache := otter.Must(&otter.Options[string, int]{ExpiryCalculator: otter.ExpiryWriting[string, int](time.Hour)})
	client := sturdyc.New[int](10_000, 10, time.Hour, 10, sturdyc.WithNoContinuousEvictions())
	keys := make([]string, 1024)
	ctx, load := b.Context(), func(context.Context) (int, error) { return 1, nil }
	loader := otter.LoaderFunc[string, int](func(context.Context, string) (int, error) { return 1, nil })
	for i := range keys {
		keys[i] = fmt.Sprint("key", i)
	}
	for _, way := range []struct {
		name            string
		keys, goroutine int
	}{{"hot", 1, 1}, {"1024", 1024, 1}, {"hot-2", 1, 2}, {"1024-2", 1024, 2}} {
		b.Run(way.name, func(b *testing.B) {
			each := func(do func(key string)) func() {
				return func() {
					var wait sync.WaitGroup
					for range way.goroutine {
						wait.Go(func() {
							at := rand.IntN(way.keys)
							for range 2000 {
								at = (at + 7) % way.keys
								do(keys[at])
							}
						})
					}
					wait.Wait()
				}
			}
			race(b,
				contestant{"ours", 1, each(func(key string) { g.Do(ctx, key, load) })},
				contestant{"otter", 1, each(func(key string) { cache.Get(ctx, key, loader) })},
				contestant{"sturdyc", 1, each(func(key string) { client.GetOrFetch(ctx, key, load) })},
			)
			b.ReportMetric(testing.AllocsPerRun(1000, func() { g.Do(ctx, keys[0], load) }), "ours-allocs")
		})
	}
}

// BenchmarkMiss compares loads that return at once and are not kept: with DoChan as it
// is, and with DoChan and a caller who can leave.
func BenchmarkMiss(b *testing.B) {
	g := singleflight.New(singleflight.Config[string, int]{})
	defer g.Close()
	var x xsync.Group
	ctx, load := b.Context(), func(context.Context) (int, error) { return 1, nil }
	plain := func() (any, error) { return 1, nil }
	race(b,
		contestant{"ours", 300, func() { g.Do(ctx, "key", load) }},
		contestant{"xsync-DoChan", 300, func() { <-x.DoChan("key", plain) }},
		contestant{"xsync-DoChan-or-leave", 300, func() {
			select {
			case <-x.DoChan("key", plain):
			case <-ctx.Done():
			}
		}},
		contestant{"xsync-Do", 300, func() { x.Do("key", plain) }},
	)
	b.ReportMetric(testing.AllocsPerRun(1000, func() { g.Do(ctx, "key", load) }), "ours-allocs")
	b.ReportMetric(testing.AllocsPerRun(1000, func() { <-x.DoChan("key", plain) }), "xsync-DoChan-allocs")
}

// BenchmarkMissLimited is BenchmarkMiss for loads that must end in time, by whether they
// look for that end.
func BenchmarkMissLimited(b *testing.B) {
	limited := singleflight.New(singleflight.Config[string, int]{LoadTimeout: time.Minute, AbandonAfter: 2 * time.Minute})
	defer limited.Close()
	var x xsync.Group
	ctx, load := b.Context(), func(context.Context) (int, error) { return 1, nil }
	looks := func(ctx context.Context) (int, error) {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		default:
			return 1, nil
		}
	}
	against(b,
		contestant{"xsync-DoChan", 300, func() { <-x.DoChan("key", func() (any, error) { return 1, nil }) }},
		contestant{"limited", 300, func() { limited.Do(ctx, "key", load) }},
		contestant{"limited-and-looks", 300, func() { limited.Do(ctx, "key", looks) }},
	)
	b.ReportMetric(testing.AllocsPerRun(1000, func() { limited.Do(ctx, "key", load) }), "limited-allocs")
}

// BenchmarkOtherKeys measures how long an unrelated key takes, whose load returns at
// once, while the load of another one ends for which 10,000 callers wait. The least
// of all rounds is what a machine without other work would show.
func BenchmarkOtherKeys(b *testing.B) {
	worst := map[string][]float64{}
	for b.Loop() {
		for _, c := range coalescers[:2] {
			do, end := c.make()
			worst[c.name] = append(worst[c.name], float64(delayOfOther(b, do))/1e6)
			end()
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, ms := range worst {
		b.ReportMetric(median(ms), name+"-ms")
		b.ReportMetric(slices.Min(ms), name+"-least-ms")
	}
	b.ReportMetric(median(worst["ours"])/median(worst["xsync-DoChan"]), "ours/xsync-DoChan")
}

func delayOfOther(b *testing.B, do bodyLookup) (worst time.Duration) {
	release, landed := make(chan struct{}), make(chan struct{})
	var inside atomic.Int64
	var wait sync.WaitGroup
	for range herdSize {
		wait.Go(func() {
			inside.Add(1)
			_, _ = do(b.Context(), "key", func(context.Context) ([]byte, error) { <-release; return nil, nil })
		})
	}
	for inside.Load() < herdSize {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // until the last of them waits
	go func() { wait.Wait(); close(landed) }()
	close(release)
	for i := 0; ; i++ {
		select {
		case <-landed:
			return worst
		default:
		}
		start := time.Now()
		_, _ = do(b.Context(), fmt.Sprint("other", i), func(context.Context) ([]byte, error) { return nil, nil })
		worst = max(worst, time.Since(start))
	}
}
