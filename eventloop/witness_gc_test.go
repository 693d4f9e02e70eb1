package eventloop

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The collector is followed by its pauses. Readings come every 10 ms, not while the
// stall lasts.
func TestCollectionsAreFollowed(t *testing.T) {
	start := time.Now()
	type cycle struct {
		from, to time.Duration
		cpu      time.Duration
	}
	cycles := []cycle{{millis(100), millis(300), millis(600)}, {millis(505), millis(905), millis(400)}, {millis(1200), millis(9999), millis(1)}}
	read := func(d time.Duration) *reading {
		r := &reading{at: start.Add(d), procs: 4, cpu: 4 * d}
		for _, c := range cycles {
			if d >= c.from {
				r.gcPauses++
			}
			if d >= c.to {
				r.gcPauses++
				r.gcCycles++
				r.gcCPU += c.cpu
			}
		}
		return r
	}
	for _, c := range []struct {
		from, to       time.Duration
		overlap, share float64
	}{ // a share of 0 with an overlap is one that is not known
		{millis(20), millis(80), 0, 0},
		{millis(150), millis(200), 1, 0},       // it runs on when it is asked, and nothing is known of it yet
		{millis(150), millis(310), 0.97, 0.71}, // 600 of 4 × 200 ms
		{millis(400), millis(480), 0, 0},
		{millis(600), millis(700), 1, 0.71},   // it runs on: the share is that of the one before
		{millis(500), millis(910), 1, 0.24},   // 400 of 4 × 400 ms
		{millis(1100), millis(1300), 1, 0.24}, // its beginning is only known to be in the stall
	} {
		var gc collections
		for d := time.Duration(0); d <= c.to; d += millis(10) {
			if d <= c.from || d >= c.to {
				gc.see(read(d))
			}
		}
		overlap, share := gc.during(start.Add(c.from), start.Add(c.to))
		if math.Abs(overlap-c.overlap) > 0.07 || math.Abs(share-c.share) > 0.03 {
			t.Errorf("%v to %v: %.2f of it at %.2f, want %.2f at %.2f", c.from, c.to, overlap, share, c.overlap, c.share)
		}
		if unmeasured := c.overlap > 0 && c.share == 0; gc.unmeasured() != unmeasured {
			t.Errorf("%v to %v: unmeasured is %v, want %v", c.from, c.to, gc.unmeasured(), unmeasured)
		}
	}
}

// A termination that had to be tried again pauses three times in a cycle. That must
// not look like a collection for ever.
func TestCollectionsForgetOnesThatDoNothing(t *testing.T) {
	start := time.Now()
	var gc collections
	gc.see(&reading{at: start, procs: 4})
	gc.see(&reading{at: start.Add(millis(100)), procs: 4, gcPauses: 3, gcCycles: 1, cpu: millis(300)})
	for d := millis(200); d < millis(1000); d += millis(100) {
		gc.see(&reading{at: start.Add(d), procs: 4, gcPauses: 3, gcCycles: 1, cpu: millis(300)})
	}
	if overlap, _ := gc.during(start.Add(millis(600)), start.Add(millis(900))); overlap != 0 {
		t.Errorf("an idle process collects for %v of the time", overlap)
	}
}

// The runtime's histogram has no sum; debug.GCStats has that of the pauses.
func TestPausesAgreeWithGCStats(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after reading
	var stats [2]debug.GCStats
	counters := newRuntimeCounters()
	debug.ReadGCStats(&stats[0])
	counters.read(&before)
	for range 20 {
		runtime.GC()
	}
	counters.read(&after)
	debug.ReadGCStats(&stats[1])
	want, got := stats[1].PauseTotal-stats[0].PauseTotal, after.gcStopped-before.gcStopped
	if ratio := float64(got) / float64(want); after.gcCycles-before.gcCycles < 20 || ratio < 0.5 || ratio > 2 {
		t.Errorf("%d collections paused for %v, GCStats says %v", after.gcCycles-before.gcCycles, got, want)
	}
	if after.gcCPU <= before.gcCPU || after.procs != runtime.GOMAXPROCS(0) {
		t.Errorf("CPU of the collector went from %v to %v, GOMAXPROCS is %d", before.gcCPU, after.gcCPU, after.procs)
	}
}

// A dump of many goroutines stops the world for as long as it takes, unless what
// else runs on the machine delays the caller before or after.
func TestStopOfTheWorldIsMeasured(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	for range 2000 {
		go func() { <-stop }()
	}
	buffer := make([]byte, 8<<20)
	var took time.Duration
	var e Evidence
	for range 20 {
		w := newWitness()
		w.Baseline(time.Now(), asDue)
		began := time.Now()
		runtime.Stack(buffer, true)
		took = time.Since(began)
		if _, e = w.Explain(began, time.Now(), took); e.Stopped > took*3/2 {
			break
		}
		if e.Stopped > took/2 && e.Stopping < took/2 {
			return
		}
	}
	t.Errorf("the dump took %v; evidence: %v", took, e)
}
