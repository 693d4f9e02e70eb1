package eventloop

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/text"
)

// Evidence is what the counters of the kernel and of the runtime gained around a
// stall. They are read before it and after it, so they cover some time before it
// too: what they usually gain in such a time has been taken off. A figure that
// could not be read is 0, and Unread says so.
type Evidence struct {
	// Lag is how long the stall lasted, as far as the counters cover it (s).
	Lag time.Duration
	// Window is the time between the readings of the runtime's counters (s):
	// at least Lag, unless the reading before the stall is missing.
	Window time.Duration
	// Procs is GOMAXPROCS, the larger one if it was changed meanwhile; Cores is
	// how many processors the machine lets this process use.
	Procs, Cores int
	// CPU is the processor time that the process used (s).
	CPU time.Duration
	// MajorFaults counts pages that had to be read from a disk first ({fault}).
	MajorFaults uint64
	// ThrottledPeriods counts periods in which the CPU quota held the process
	// back ({period}).
	ThrottledPeriods uint64
	// Throttled is how long it did, summed over processors (s).
	Throttled time.Duration
	// RunDelay is how long threads of the process were ready and waited for a
	// processor, summed over threads (s). Throttled time counts too; what still
	// waits at the end does not.
	RunDelay time.Duration
	// LongestRunDelay is that of the one thread that waited most (s). When a
	// process goes on, or is short of processors, all its threads wait at once,
	// so the sum can exceed the stall many times.
	LongestRunDelay time.Duration
	// Steal is how long the hypervisor ran something else, summed over the
	// processors of the machine (s).
	Steal time.Duration
	// Pressure is how long at least one thread of the machine waited for a
	// processor (s).
	Pressure time.Duration
	// Suspended is how long the machine slept (s).
	Suspended time.Duration
	// Stopped is how long the world was stopped for something other than the
	// garbage collector (s), from a histogram: exact to about 12 %.
	Stopped time.Duration
	// Stopping is the part of Stopped that passed until all goroutines had
	// stopped (s).
	Stopping time.Duration
	// GCStopped and GCStopping are the same for the garbage collector (s).
	GCStopped, GCStopping time.Duration
	// GCShare is the share of GOMAXPROCS that the garbage collector took while
	// it ran, 0 to 1. The runtime counts it when a collection ends, so for one
	// that still runs it is that of the latest one; 0 if there was none.
	GCShare float64
	// GCOverlap is how much of the stall a collection ran for, 0 to 1.
	GCOverlap float64
	// RunnableBefore and RunnableAfter are the goroutines that were ready and
	// did not run, before the stall and at its end ({goroutine}).
	RunnableBefore, RunnableAfter uint64
	// Waiting is how many goroutines were ready and did not run, on average,
	// among those that got to run in the window ({goroutine}). The runtime
	// looks at one of eight.
	Waiting float64
	// Switches is how many goroutines got to run in the window, from the same
	// sample ({switch}).
	Switches uint64
	// MutexWait is how long goroutines waited for locks, summed over them (s).
	// A cause of slow requests, but not of lag: who waits is not ready.
	MutexWait time.Duration
	// Unread says what could not be read, and why.
	Unread []string

	hasCPU, hasRunDelay bool
	// LongestRunDelay, CPU and Switches with all that the time outside of the stall may
	// have brought: never less than those.
	mostRunDelay, mostCPU time.Duration
	mostSwitches          uint64
	queueStays            bool // a moment later the queue was still there, and hardly anybody had run
	crowdRuns             bool // a moment later far more ran than in all of the stall
	gcUnmeasured          bool // GCShare is not known
}

// String lists the figures that say something, the lag first.
func (e Evidence) String() string {
	var b strings.Builder
	b.WriteString("lag " + text.Duration(e.Lag) + " in a window of " + text.Duration(e.Window))
	say := func(worth bool, what string) {
		if worth {
			b.WriteString(", " + what)
		}
	}
	long := func(what string, d time.Duration) { say(d >= time.Millisecond, what+" "+text.Duration(d)) }
	say(e.hasCPU, "CPU "+text.Duration(e.CPU)+" on GOMAXPROCS "+strconv.Itoa(e.Procs))
	count := func(n uint64, thing string) string { return text.Count(int(min(n, math.MaxInt32)), thing) }
	say(e.MajorFaults > 0, count(e.MajorFaults, "major fault"))
	say(e.ThrottledPeriods > 0, "throttled "+text.Duration(e.Throttled)+" in "+count(e.ThrottledPeriods, "period"))
	long("run delay", e.RunDelay)
	long("of one thread", e.LongestRunDelay)
	long("steal", e.Steal)
	long("CPU pressure", e.Pressure)
	long("suspended", e.Suspended)
	long("world stopped", e.Stopped)
	long("of that stopping", e.Stopping)
	long("stopped by the collector", e.GCStopped)
	long("of that stopping", e.GCStopping)
	say(e.GCOverlap > 0, "collecting for "+percent(e.GCOverlap)+" of it at "+e.gcShare()+" of GOMAXPROCS")
	say(e.RunnableBefore > 0 || e.RunnableAfter > 0, "runnable "+strconv.FormatUint(e.RunnableBefore, 10)+" before and "+strconv.FormatUint(e.RunnableAfter, 10)+" after")
	say(e.Waiting >= 0.1, strconv.FormatFloat(e.Waiting, 'f', 1, 64)+" waiting on average")
	long("waits for locks", e.MutexWait)
	say(len(e.Unread) > 0, "not read: "+strings.Join(e.Unread, "; "))
	return b.String()
}

func (e *Evidence) gcShare() string {
	if e.gcUnmeasured {
		return "an unknown share"
	}
	return percent(e.GCShare)
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 0, 64) + " %" }
