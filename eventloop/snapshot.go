package eventloop

import (
	"time"

	"github.com/govitals/govitals/internal/exphist"
	"github.com/govitals/govitals/metric"
)

// Snapshot is what a Probe has measured since Start or, as the result of Sub,
// between two moments. It takes 6 KiB.
type Snapshot struct {
	// At is when it was taken.
	At time.Time
	// Elapsed is how long it was measured.
	Elapsed time.Duration
	// Mode is how the probe is woken. Before Start it is that of the Config.
	Mode Mode
	// Period is the time between ticks at that moment.
	Period time.Duration
	// Ticks counts the ticks that were due and have been handled, Missed those of
	// them that were due before an earlier one was handled.
	Ticks, Missed uint64
	// Max is the longest lag. In a window it is the upper edge of the highest
	// bucket that grew, up to 4.5 % above the longest.
	Max time.Duration
	// Overdue is for how long the next tick has been due: a stall that goes on.
	// It is in no other figure yet.
	Overdue time.Duration
	// StallSeconds is how long the stalls at or above Config.StallThreshold were
	// together. Its rate is the share of the time that was lost to them.
	StallSeconds float64
	// Stalls holds the stalls by cause; a cause without any is left out. A stall
	// gets here a moment later than into StallSeconds.
	Stalls map[Cause]StallCount
	// Excluded is how long nothing was counted on purpose: see [Probe.Exclude].
	Excluded time.Duration
	// Sched is the runtime's own reading of the same.
	Sched Sched
	// Runnable is how many goroutines waited for a processor at that moment. It
	// is high for a moment whenever many wake up at once.
	Runnable uint64
	// Processors is GOMAXPROCS at that moment.
	Processors uint64
	// MutexWait is how long goroutines waited for a sync.Mutex, sync.RWMutex or
	// lock of the runtime, summed over all goroutines, since the process started
	// or in the window. The runtime times one wait in eight and multiplies. Lag
	// does not see it.
	MutexWait time.Duration
	// Used is the processor time of the process, Capacity what GOMAXPROCS
	// processors could have given it, both as of the latest look, up to a second or
	// Config.IdlePeriod ago. HasUsed is false where the operating system does not say.
	Used, Capacity time.Duration
	HasUsed        bool

	lag    exphist.Counts
	causes causeCounts
}

// Snapshot returns what was measured since Start. It resets nothing, so any number
// of readers can each take the difference to what they saw last.
func (p *Probe) Snapshot() (s Snapshot) {
	if p.since == nil {
		return s
	}
	running := readScheduling()
	s = Snapshot{
		At: time.Now(), Period: time.Duration(p.period.Load()), Ticks: p.ticks.Load(), Missed: p.missed.Load(),
		StallSeconds: time.Duration(p.stalledFor.Load()).Seconds(), Overdue: p.Overdue(), Excluded: p.cuts.sum(p.since),
		Sched: running.sched, Runnable: running.runnable, Processors: running.processors, MutexWait: running.mutexWait,
	}
	p.lag.Read(&s.lag)
	s.Max = p.lag.Max() // after the counts: it is no less than any of them
	s.Used, s.Capacity, s.HasUsed = p.load.seen()
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Mode, s.causes = p.mode, p.causes
	if !p.startedAt.IsZero() {
		until := s.At
		if !p.endedAt.IsZero() {
			until = p.endedAt
		}
		s.Elapsed = max(0, until.Sub(p.startedAt)) // Start may be running
	}
	s.Stalls = s.causes.byCause()
	return s
}

// Sub returns what happened between the earlier snapshot and s. What is a state and
// not a sum, as Mode, Overdue and Runnable, is that of s.
func (s Snapshot) Sub(earlier Snapshot) Snapshot {
	w := s
	w.Elapsed = s.Elapsed - earlier.Elapsed
	w.Ticks -= min(w.Ticks, earlier.Ticks)
	w.Missed -= min(w.Missed, earlier.Missed)
	w.StallSeconds = max(0, s.StallSeconds-earlier.StallSeconds)
	w.Excluded = max(0, s.Excluded-earlier.Excluded)
	w.MutexWait = max(0, s.MutexWait-earlier.MutexWait)
	w.Used, w.Capacity = max(0, s.Used-earlier.Used), max(0, s.Capacity-earlier.Capacity)
	w.Sched = s.Sched.since(earlier.Sched)
	w.lag = s.lag.Sub(&earlier.lag)
	w.Max = min(s.Max, w.lag.Max())
	w.causes = s.causes.since(earlier.causes)
	w.Stalls = w.causes.byCause()
	return w
}

// Quantile returns the lag that a share q of requests did not exceed: the upper edge
// of its bucket, up to 4.5 % too high and never too low. It is 0 without ticks.
func (s Snapshot) Quantile(q float64) time.Duration { return min(s.lag.Quantile(q), max(s.Max, 0)) }

// Mean returns the average lag, 0 without ticks. A single stall of S in a time of T
// adds S²/2T.
func (s Snapshot) Mean() time.Duration { return s.lag.Mean() }

// StdDev returns the standard deviation of the lag, 0 without ticks.
func (s Snapshot) StdDev() time.Duration { return s.lag.StdDev() }

// Count returns for how many requests, one each Config.Period, the ticks stand.
func (s Snapshot) Count() uint64 { return s.lag.Count() }

// Histogram returns the lag in seconds in the buckets of Prometheus native
// histograms of schema 4, in which it was counted.
func (s Snapshot) Histogram() *metric.Histogram { return s.lag.Metric() }

// Utilization returns the share of its processors that the process used, as Node's
// event loop utilization does for its one. It is above 1 where C code or system
// calls run beside Go code, and not known before some time has passed or where the
// operating system does not say.
func (s Snapshot) Utilization() (share float64, known bool) {
	if !s.HasUsed || s.Capacity <= 0 {
		return 0, false
	}
	return float64(s.Used) / float64(s.Capacity), true
}
