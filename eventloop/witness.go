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
	threadsIdle = 900 * time.Millisecond
	threadsMost = 5 * time.Second
	// late is how long is waited for a pause that is not counted yet.
	late = 10 * time.Millisecond
	// A reading that takes slow or longer is not used. At the end of a stall there are
	// so many tries more.
	slow  = 4 * time.Millisecond
	tries = 3
	// idleDuty is what an idle process uses of a core at most: one part in this.
	idleDuty = 20
)

// witness keeps what the counters said lately, so that at the end of a stall it
// can be told what they gained meanwhile. It holds about 25 KiB.
type witness struct {
	source sources

	mu     sync.Mutex
	last   reading             // the latest
	next   reading             // one that is being made
	past   [remembered]reading // older ones: a ring
	newest int                 // the youngest of past
	gc     collections
	faults faults
}

func newWitness() *witness { return &witness{source: newSources()} }

// depth says whether a reading takes in the threads, which takes much longer.
type depth uint8

const (
	shallow depth = iota // no
	asDue                // if they are due
)

// Baseline takes a reading. It is for every tick, on time or late: the nearer the
// readings on both sides are to a stall, the less of what they show belongs to
// another time. It never waits: while Explain reads, there is no need to.
func (w *witness) Baseline(at time.Time, depth depth) {
	if !w.mu.TryLock() {
		return
	}
	defer w.mu.Unlock()
	if !w.read(at) {
		return
	}
	if depth == asDue && w.threadsDue(at) {
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
	if !w.last.at.Before(end) {
		w.keep(w.last)
	}
	for try := 0; !w.read(w.source.now()) && try < tries; try++ {
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

// read takes a reading of all but the threads. It reports false and forgets it if
// who reads had to wait for a processor: nobody knows of when the figures are then.
func (w *witness) read(at time.Time) bool {
	if at.Before(w.last.at) {
		return false
	}
	next := &w.next
	*next = w.last
	next.at = at
	w.source.runtime(next)
	w.source.usage(next, &w.faults)
	w.source.kernel(next, &w.faults)
	if w.source.now().Sub(at) >= slow {
		return false
	}
	newest := &w.past[w.newest]
	if w.last.at.Sub(newest.at) >= rememberedEvery || at.Sub(w.last.at) >= gap {
		w.keep(w.last)
	}
	w.last = *next
	w.gc.see(&w.last)
	return true
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
