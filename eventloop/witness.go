package eventloop

import (
	"sync"
	"time"
)

const (
	// rememberedEvery is how far apart the readings are that are kept, and
	// remembered how many. That before a gap is kept as well: a stall may have
	// begun. A stall longer than all of it is judged by its end.
	rememberedEvery = 100 * time.Millisecond
	gap             = 25 * time.Millisecond
	remembered      = 48
	// throttlingSoughtEvery is the time after which the quota is looked for anew.
	throttlingSoughtEvery = time.Minute
	// Reading the threads takes one part in threadsDuty of the time of a core
	// at most, and is done every threadsMost at least. Threads of a process that
	// is idle hardly wait: every threadsIdle is enough.
	threadsDuty = 1000
	threadsIdle = 250 * time.Millisecond
	threadsMost = 5 * time.Second
	// late is how long is waited for a pause that is not counted yet.
	late = 10 * time.Millisecond
	// idleDuty is what an idle process uses of a core at most: one part in this.
	idleDuty = 20
)

// witness keeps what the counters said lately, so that at the end of a stall it
// can be told what they gained meanwhile. It holds about 25 KiB.
type witness struct {
	source sources

	mu     sync.Mutex
	last   reading             // the latest
	past   [remembered]reading // older ones: a ring
	newest int                 // the youngest of past
	gc     collections
	faults faults
}

func newWitness() *witness { return &witness{source: newSources()} }

// Baseline takes a reading. It is for every tick, on time or late: the nearer the
// readings on both sides are to a stall, the less of what they show belongs to
// another time. It reads the threads only when that is due, or if deep, and it
// never waits: while Explain reads, there is no need to.
func (w *witness) Baseline(at time.Time, deep bool) {
	if !w.mu.TryLock() {
		return
	}
	defer w.mu.Unlock()
	w.read(at)
	if deep || w.threadsDue(at) {
		w.readThreads(at)
	}
}

func (w *witness) threadsDue(at time.Time) bool {
	r := &w.last
	since := at.Sub(r.threadsAt)
	return since >= r.threadsPace && (since >= threadsIdle || !r.threadsCalm || r.cpu-r.threadsCPU > since/idleDuty)
}

// Explain names the cause of a stall that has ended just now. It takes some ten
// microseconds per thread, and some milliseconds where nothing is found at once.
func (w *witness) Explain(start, end time.Time, lag time.Duration) (Cause, Evidence) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := w.source.now(); w.last.at.Before(end) {
		w.read(now)
	} else {
		w.keep(w.last)
	}
	w.readThreads(w.source.now())
	e := w.evidence(start, end, lag)
	cause := classify(e)
	if cause == CauseUnknown && e.Lag > 0 {
		w.lookAgain(&e, start, end, lag)
		cause = classify(e)
	}
	return cause, e
}

// read takes a reading of all but the threads.
func (w *witness) read(at time.Time) {
	newest := &w.past[w.newest]
	if w.last.at.Sub(newest.at) >= rememberedEvery || at.Sub(w.last.at) >= gap {
		w.keep(w.last)
	}
	w.last.at = at
	w.source.runtime(&w.last)
	w.source.usage(&w.last, &w.faults)
	w.source.kernel(&w.last, &w.faults)
	w.gc.see(&w.last)
}

func (w *witness) readThreads(at time.Time) {
	r := &w.last
	since, waited := at.Sub(r.threadsAt), r.runDelay
	r.threadsAt, r.threadsCPU = at, r.cpu
	w.source.threads(r, &w.faults)
	r.threadsCalm = r.runDelay-waited <= since/idleDuty
}

// keep adds a reading to those that are remembered.
func (w *witness) keep(r reading) {
	if !r.at.IsZero() && r.at.After(w.past[w.newest].at) {
		w.newest = (w.newest + 1) % remembered
		w.past[w.newest] = r
	}
}
