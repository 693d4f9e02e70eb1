package heap

import "time"

// Snapshot is what a Monitor knew at one moment. It is a value: any number of
// readers can keep their own and subtract them.
type Snapshot struct {
	Stats
	// LastCycle is when the Monitor first saw the present value of Cycles,
	// late by at most one Interval. It is zero before the first collection.
	LastCycle time.Time
	// Cycle accounts for the latest collections; its Count is 0 until the
	// Monitor has seen one end.
	Cycle Cycle
	// Pauses is how long the world stood still for the collector lately.
	Pauses Pauses
	// Kernel is what the operating system says about memory. It is read less
	// often than the rest.
	Kernel Kernel
	// Limits are the limits in force, the lowest first. It must not be changed.
	Limits []Limit

	unread               error // why something of the kernel is not known
	finalizers, cleanups queueWatch
}

// Window is what happened between two snapshots.
type Window struct {
	// Duration is the time between the two readings.
	Duration time.Duration
	// Cycles counts the collections that ended in it.
	Cycles uint64
	// Allocated is what was allocated in it, in bytes.
	Allocated uint64
	// LiveGrowth is the change of live memory, in bytes. It is 0, not
	// unknown, while no collection ends: live moves only then.
	LiveGrowth int64
}

// Sub returns what happened between the earlier snapshot and s.
func (s Snapshot) Sub(earlier Snapshot) Window {
	return Window{
		Duration:   s.At.Sub(earlier.At),
		Cycles:     s.Cycles - earlier.Cycles,
		Allocated:  s.Allocated - earlier.Allocated,
		LiveGrowth: int64(s.Live) - int64(earlier.Live),
	}
}

// queueWatch notices a queue of which nothing is done while more comes in.
type queueWatch struct {
	since    time.Time // when executed came to its present value with work waiting
	executed uint64
	backlog  uint64
	grew     int // how many readings since then saw a larger backlog
}

// The rule by which a queue is stuck. A single slow function is not: it does not
// keep the others waiting for minutes while they pile up.
const (
	stuckFor  = 3 * time.Minute
	stuckGrew = 3
)

func (w *queueWatch) see(at time.Time, executed, backlog uint64) {
	switch {
	case w.since.IsZero() || executed != w.executed || w.backlog == 0:
		*w = queueWatch{since: at, executed: executed, backlog: backlog}
	case backlog > w.backlog:
		w.backlog = backlog
		w.grew++
	}
}

func (w *queueWatch) stuck(at time.Time) bool {
	return w.grew >= stuckGrew && at.Sub(w.since) >= stuckFor
}
