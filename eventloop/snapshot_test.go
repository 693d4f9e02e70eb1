package eventloop

import (
	"math"
	"math/rand/v2"
	"runtime/metrics"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestSchedIsTheRuntimesOwn(t *testing.T) {
	p := newProbe(t, Config{})
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	total := func() (n uint64) {
		metrics.Read(sample)
		for _, c := range sample[0].Value.Float64Histogram().Counts {
			n += c
		}
		return n
	}
	before := total()
	a := p.Snapshot()
	between := total()
	var group sync.WaitGroup
	for range 2000 {
		group.Go(func() {})
	}
	group.Wait()
	b := p.Snapshot()
	after := total()
	if got := a.Sched.Count(); got < before || got > between {
		t.Errorf("%d waits, the runtime says %d to %d", got, before, between)
	}
	w := b.Sub(a).Sched
	if w.Count() == 0 || w.Count() > after-before {
		t.Errorf("%d waits in the window, the runtime says at most %d", w.Count(), after-before)
	}
	if w.Quantile(0.5) > w.Quantile(1) || w.Quantile(1) == 0 {
		t.Errorf("the median is %v of at most %v", w.Quantile(0.5), w.Quantile(1))
	}
	if none := b.Sub(b).Sched; none.Count() != 0 || none.Quantile(0.5) != 0 {
		t.Errorf("a window of nothing has %d waits", none.Count())
	}
}

// The runtime times one in eight waits and multiplies.
func TestMutexWaitIsSeen(t *testing.T) {
	p := newProbe(t, Config{})
	const waiters = 400
	a := p.Snapshot()
	begin := time.Now()
	var mu sync.Mutex
	var group sync.WaitGroup
	mu.Lock()
	for range waiters {
		group.Go(func() {
			mu.Lock()
			defer mu.Unlock()
		})
	}
	time.Sleep(20 * ms)
	mu.Unlock()
	group.Wait()
	most := waiters * time.Since(begin)
	if got := p.Snapshot().Sub(a).MutexWait; got <= 0 || got > 4*most {
		t.Errorf("%d waited for %v at most, counted are %v", waiters, most, got)
	}
}

// GOMAXPROCS may change while the program runs.
func TestCapacityFollowsTheProcessors(t *testing.T) {
	var l load
	l.see(10*time.Second, 4)
	l.see(11*time.Second, 4)
	l.see(13*time.Second, 1)
	used, could, known := l.seen()
	if could != 6*time.Second {
		t.Errorf("capacity is %v, want 4 s and 2 s", could)
	}
	s := Snapshot{Used: used, Capacity: could, HasUsed: known}
	if share, ok := s.Utilization(); ok != known || ok && (share < 0 || share > 1) {
		t.Errorf("utilization is %v, %v", share, ok)
	}
	if _, ok := (Snapshot{HasUsed: true}).Utilization(); ok {
		t.Error("utilization of no time is known")
	}
	if _, ok := (Snapshot{Capacity: time.Second}).Utilization(); ok {
		t.Error("utilization is known without the operating system")
	}
}

func TestSnapshotBeforeStartAndOfNothing(t *testing.T) {
	if s := (&Probe{}).Snapshot(); s.Ticks != 0 || s.Quantile(0.5) != 0 || s.Mean() != 0 || s.StdDev() != 0 {
		t.Errorf("the zero value has %+v", s)
	}
	s := newProbe(t, Config{Mode: Timer}).Snapshot()
	if s.Elapsed != 0 || s.Ticks != 0 || s.Overdue != 0 || s.Mode != Timer || s.Histogram().Count() != 0 {
		t.Errorf("before Start: %v, %d ticks, %v overdue, %v", s.Elapsed, s.Ticks, s.Overdue, s.Mode)
	}
	for _, q := range []float64{-1, 0, 2, math.NaN(), math.Inf(1)} {
		if got := s.Quantile(q); got != 0 {
			t.Errorf("quantile %v of nothing is %v", q, got)
		}
	}
}

func TestNothingIsMeasuredAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Config{})
		before := p.Snapshot()
		time.Sleep(time.Second)
		startOn(t, p)
		time.Sleep(time.Minute)
		p.Close()
		time.Sleep(time.Hour)
		if s := p.Snapshot(); s.Elapsed != time.Minute || s.Sub(before).Elapsed != time.Minute {
			t.Errorf("measured was for %v, in a window of %v; want a minute", s.Elapsed, s.Sub(before).Elapsed)
		}
	})
}

func TestHistogramIsForExporters(t *testing.T) {
	m := &machine{stalls: randomStalls(rand.New(rand.NewPCG(1, 2)), minute, 200*ms, 100*ms)}
	p, ticks := onMachine(t, Config{}, m)
	m.run(p, ticks, minute)
	s := p.Snapshot()
	h := s.Histogram()
	if h.Schema != 4 || h.Count() != s.Count() || math.Abs(h.Sum/float64(h.Count())/s.Mean().Seconds()-1) > 1e-6 {
		t.Errorf("schema %d, %d observations with sum %v; want 4, %d, mean %v", h.Schema, h.Count(), h.Sum, s.Count(), s.Mean())
	}
	for i, below := range h.Cumulative([]float64{1.0 / 1024, 1.0 / 16, 1}) {
		at := []time.Duration{time.Second / 1024, time.Second / 16, time.Second}[i]
		if share := float64(below) / float64(h.Count()); share < 0.999 && s.Quantile(share+0.001) <= at {
			t.Errorf("%v of the delays are at most %v, but that quantile is %v", share, at, s.Quantile(share+0.001))
		}
	}
}
