//go:build linux

package benchmarks

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/internal/exphist"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// beIdle says what an idle process takes: "none", a probe with a period, or a plain
// loop that sleeps that long.
func beIdle(t *testing.T, mode string) {
	before := outside(t)
	who, words, _ := strings.Cut(mode, " ")
	period, _ := time.ParseDuration(words)
	switch who {
	case "probe":
		p, err := eventloop.New(eventloop.Config{Period: period, IdlePeriod: period})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
	case "sleep":
		go func() {
			for {
				time.Sleep(period)
			}
		}()
	}
	time.Sleep(3 * time.Second) // until it is idle
	cpu := resources(t)
	var memory, now runtime.MemStats
	runtime.ReadMemStats(&memory)
	time.Sleep(idleFor)
	runtime.ReadMemStats(&now)
	after := resources(t)
	spent := after.Utime.Nano() + after.Stime.Nano() - cpu.Utime.Nano() - cpu.Stime.Nano()
	held := outside(t)
	fmt.Printf("IDLE %d %d %d %d\n", spent, now.Mallocs-memory.Mallocs, held[0]-before[0], held[1]-before[1])
}

// outside returns how many descriptors and threads the process has.
func outside(t *testing.T) (counts [2]int) {
	for i, dir := range []string{"/proc/self/fd", "/proc/self/task"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		counts[i] = len(entries)
	}
	return counts
}

// BenchmarkLagCost compares idle processes with and without a probe. They run side by
// side, so that what disturbs one disturbs the others.
//
//	go test -run '^$' -bench LagCost -benchtime 1x
func BenchmarkLagCost(b *testing.B) {
	modes := []string{"none", "probe 100ms", "sleep 100ms", "probe 10ms", "sleep 10ms"}
	figures := map[string][][4]float64{}
	var mu sync.Mutex
	for b.Loop() {
		var group sync.WaitGroup
		for range 3 {
			for _, mode := range modes {
				group.Go(func() {
					output, err := child(mode).Output()
					_, words, _ := strings.Cut(string(output), "IDLE ")
					var f [4]float64
					if _, scan := fmt.Sscan(words, &f[0], &f[1], &f[2], &f[3]); err != nil || scan != nil {
						b.Errorf("%v: %s", err, output)
					}
					mu.Lock()
					defer mu.Unlock()
					figures[mode] = append(figures[mode], f)
				})
			}
		}
		group.Wait()
	}
	of := func(mode string, i int) float64 {
		var all []float64
		for _, f := range figures[mode] {
			all = append(all, f[i])
		}
		return median(all)
	}
	b.ReportMetric(0, "ns/op")
	for _, mode := range modes[1:] {
		name := strings.ReplaceAll(mode, " ", "-")
		b.ReportMetric(100*(of(mode, 0)-of("none", 0))/float64(idleFor), name+"-cpu-%")
		if strings.HasPrefix(mode, "probe") {
			b.ReportMetric((of(mode, 1)-of("none", 1))/idleFor.Seconds(), name+"-allocs/s")
			b.ReportMetric(of(mode, 2)-of("none", 2), name+"-descriptors")
			b.ReportMetric(of(mode, 3)-of("none", 3), name+"-threads")
		}
	}
}

// BenchmarkLagRecord compares counting 20,000 delays with doing so in client_golang,
// in buckets of powers of two and in its default ones. A round is a loop of direct
// calls, and the delays are too many for a processor to learn which comes next.
//
//	go test -run '^$' -bench LagRecord -benchtime 200x
func BenchmarkLagRecord(b *testing.B) {
	classic := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "a", Help: "a", Buckets: prometheus.ExponentialBuckets(1.0/8192, 2, 18)})
	normal := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "b", Help: "b"})
	native := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "c", Help: "c", NativeHistogramBucketFactor: 1.1})
	var ours exphist.Histogram
	lags := make([]time.Duration, 20_000)
	for i := range lags {
		lags[i] = time.Duration(20_000 * math.Exp(float64(i*7919%len(lags))/float64(len(lags))*math.Log(85_000)))
	}
	observe := func(h prometheus.Histogram) func() {
		return func() {
			for _, lag := range lags {
				h.Observe(lag.Seconds())
			}
		}
	}
	race(b,
		contestant{"ours", 1, func() {
			for _, lag := range lags {
				ours.Record(lag, 1)
			}
		}},
		contestant{"classic", 1, observe(classic)},
		contestant{"classic-default", 1, observe(normal)},
		contestant{"native", 1, observe(native)},
	)
}

// BenchmarkLagSnapshot times what a reader pays, with 1,000 goroutines about.
func BenchmarkLagSnapshot(b *testing.B) {
	defer ballast(1_000)()
	p, err := eventloop.New(eventloop.Config{})
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	race(b,
		contestant{"Snapshot", 200, func() { _ = p.Snapshot() }},
		contestant{"Overdue", 200, func() { _ = p.Overdue() }},
	)
}

// TestLagBucketsAreThoseOfPrometheus has both count the same delays.
func TestLagBucketsAreThoseOfPrometheus(t *testing.T) {
	theirs := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "a", Help: "a", NativeHistogramBucketFactor: 1.05})
	var ours exphist.Histogram
	for d := time.Microsecond; d < time.Hour; d += d/29 + 1 {
		theirs.Observe(d.Seconds())
		ours.Record(d, 1)
	}
	for _, d := range []time.Duration{time.Second, 250 * time.Millisecond, 4 * time.Second} {
		theirs.Observe(d.Seconds())
		ours.Record(d, 1)
	}
	var out dto.Metric
	if err := theirs.Write(&out); err != nil {
		t.Fatal(err)
	}
	h := out.GetHistogram()
	counts := ours.Counts()
	want := counts.Metric()
	if h.GetSchema() != 4 {
		t.Fatalf("schema is %d, want 4", h.GetSchema())
	}
	got, index, delta, count := map[int]uint64{}, 0, 0, int64(0)
	for _, span := range h.GetPositiveSpan() {
		index += int(span.GetOffset())
		for range span.GetLength() {
			count += h.GetPositiveDelta()[delta]
			got[index] = uint64(count)
			index++
			delta++
		}
	}
	for i, n := range want.Counts {
		if got[want.First+i] != n {
			t.Errorf("bucket %d has %d, Prometheus counts %d", want.First+i, n, got[want.First+i])
		}
	}
}
