package exphist

import (
	"math"
	"sync/atomic"
	"time"
)

// Histogram counts durations. Any number of goroutines may record and read at once.
// The zero value is empty.
type Histogram struct {
	counts [buckets]atomic.Uint64
	zero   atomic.Uint64
	single atomic.Uint64 // sum of what Record counted, in nanoseconds
	runs   atomic.Uint64 // sum of what RecordRun counted: bits of a float64, in seconds
	max    atomic.Int64
}

// Record counts d as many times as n says. The sum of all that is ever recorded so
// must stay below 584 years.
func (h *Histogram) Record(d time.Duration, n uint64) {
	if d <= 0 {
		h.zero.Add(n)
		return
	}
	if seen := h.max.Load(); int64(d) > seen {
		h.raise(seen, d)
	}
	count := &h.counts[place(d)] // known before the first Add: what comes after one waits for it
	h.single.Add(uint64(d) * n)
	count.Add(n)
}

// raise makes d the maximum, which was seen a moment ago, unless somebody has
// recorded more meanwhile.
func (h *Histogram) raise(seen int64, d time.Duration) {
	for int64(d) > seen && !h.max.CompareAndSwap(seen, int64(d)) {
		seen = h.max.Load()
	}
}

// RecordRun counts the durations longest, longest-step, longest-2*step and so on,
// count of them and each n times: the delays of requests that came at a fixed
// pace while nothing ran. It takes as long as there are buckets, however large
// count is. What would be below zero counts as zero.
func (h *Histogram) RecordRun(longest, step time.Duration, count, n uint64) {
	if count > 0 {
		h.raise(h.max.Load(), longest)
	}
	sum := 0.0
	for count > 0 && longest > 0 {
		run := sharing(longest, step, count)
		h.counts[place(longest)].Add(run * n)
		sum += float64(n) * runSum(longest, step, run)
		longest -= step * time.Duration(run-1)
		longest -= min(step, longest)
		count -= run
	}
	h.zero.Add(count * n)
	h.addRuns(sum)
}

// addRuns adds to the sum of runs.
func (h *Histogram) addRuns(sum float64) {
	for seen := h.runs.Load(); ; seen = h.runs.Load() {
		if h.runs.CompareAndSwap(seen, math.Float64bits(math.Float64frombits(seen)+sum)) {
			return
		}
	}
}

// sharing returns how many of a run are in the bucket of its longest.
func sharing(longest, step time.Duration, count uint64) uint64 {
	if step <= 0 {
		return count
	}
	above := longest - lower(place(longest)) - 1 // not below 0: a bucket begins above its lower edge
	return min(count, uint64(above/step)+1)
}

// runSum returns the sum of a run in seconds.
func runSum(longest, step time.Duration, count uint64) float64 {
	c := float64(count)
	return c*longest.Seconds() - step.Seconds()*c*(c-1)/2
}

// Max returns the longest duration ever recorded. It is at least as long as any in
// counts that were read before.
func (h *Histogram) Max() time.Duration { return time.Duration(h.max.Load()) }

// Read copies the counts into c. A duration that is recorded meanwhile may be in the
// sum and not in a bucket, or the other way round.
func (h *Histogram) Read(c *Counts) {
	for i := range h.counts {
		c.counts[i] = h.counts[i].Load()
	}
	c.zero = h.zero.Load()
	c.sum = float64(h.single.Load())/1e9 + math.Float64frombits(h.runs.Load())
}

// Counts returns a copy of the counts, as Read does.
func (h *Histogram) Counts() (c Counts) {
	h.Read(&c)
	return c
}
