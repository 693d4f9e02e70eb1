package eventloop

// Cause is why ready work did not run. Its values are labels of metrics: there
// are as many as [Causes] returns, and no others.
type Cause string

// The causes, in the order in which they are looked for: the first whose
// evidence covers the stall is named, and [CauseUnknown] if none does.
const (
	// CauseThrottled: the control group had used up its CPU quota.
	CauseThrottled Cause = "throttled"
	// CauseFrozen: the process as a whole did not run, nor wait for a
	// processor: SIGSTOP, the freezer, a suspended machine.
	CauseFrozen Cause = "frozen"
	// CauseHostContention: its threads were ready, and the host ran others.
	CauseHostContention Cause = "host_contention"
	// CauseSTWBlocked: something stopped the world and had to wait for code
	// that cannot be preempted.
	CauseSTWBlocked Cause = "stw_blocked"
	// CauseSTW: something stopped the world and took long meanwhile.
	CauseSTW Cause = "stw"
	// CauseGC: the work of the garbage collector, more than its pauses.
	CauseGC Cause = "gc"
	// CauseRunqueue: more goroutines were ready than there are processors.
	CauseRunqueue Cause = "runqueue"
	// CauseNonpreemptible: all processors ran code that cannot be preempted.
	CauseNonpreemptible Cause = "nonpreemptible"
	// CauseUnknown: the evidence covers none of the others.
	CauseUnknown Cause = "unknown"
)

// kind is what there is to say about a cause.
type kind struct {
	cause            Cause
	sentence, advice string
	// covers reports whether the evidence shows that the cause accounts for the
	// stall.
	covers func(*Evidence) bool
}

// kinds is the order of decision. Throttled threads also count as waiting on a
// runqueue, so that cause comes before host contention; and whatever keeps the
// threads from running also prolongs pauses, collections and queues, so what is
// outside of the process comes before what is inside.
var kinds = [...]kind{
	{
		CauseThrottled, "The control group had used up its CPU quota, and the kernel held the process back.",
		"Raise or drop the CPU limit, or set GOMAXPROCS to what the quota is worth, so that it is not spent in a burst.",
		(*Evidence).throttled,
	},
	{
		CauseFrozen, "The whole process stood still: something stopped or froze it, or the machine was paused.",
		"Look for SIGSTOP, a debugger, the freezer, a container that was paused, a virtual machine that was moved or saved, and for swapping where major faults are shown.",
		(*Evidence).frozen,
	},
	{
		CauseHostContention, "Threads were ready to run, and the host gave its processors to others.",
		"Look at what else runs on this host; raise the CPU request, or move the service or its neighbour.",
		(*Evidence).contended,
	},
	{
		CauseSTWBlocked, "The world had to be stopped, and code that cannot be preempted kept it waiting.",
		"Split what copies or searches huge slices into pieces of some megabytes; a captured trace names the function.",
		(*Evidence).stopBlocked,
	},
	{
		CauseSTW, "Something stopped the world and took long meanwhile.",
		"Look for goroutine dumps, runtime.Stack of all goroutines and heap dumps, of your own code or of an agent.",
		(*Evidence).stopped,
	},
	{
		CauseGC, "The garbage collector took the processors.",
		"Allocate less, hold fewer pointers, or give it room: raise GOMEMLIMIT or GOGC. GET /debug/heap names who allocates.",
		(*Evidence).collecting,
	},
	{
		CauseRunqueue, "More goroutines were ready than there are processors to run them.",
		"Bound the concurrency of CPU-heavy work to fewer than GOMAXPROCS, shed load, or add processors.",
		(*Evidence).queued,
	},
	{
		CauseNonpreemptible, "All processors ran code that cannot be preempted.",
		"Split what copies or searches huge slices into pieces of some megabytes; a captured trace names the function.",
		(*Evidence).unpreempted,
	},
	{
		CauseUnknown, "The counters do not tell why.",
		"Set a Capture: a trace of the moment shows what ran.",
		func(*Evidence) bool { return true },
	},
}

// Causes returns every Cause, in the order in which they are looked for.
func Causes() []Cause {
	all := make([]Cause, len(kinds))
	for i, k := range kinds {
		all[i] = k.cause
	}
	return all
}

// Sentence says what the cause means.
func (c Cause) Sentence() string { return kinds[c.index()].sentence }

// Advice says what to do about it.
func (c Cause) Advice() string { return kinds[c.index()].advice }

// index returns the row of the cause; that of CauseUnknown for any other word.
func (c Cause) index() int {
	for i := range kinds {
		if kinds[i].cause == c {
			return i
		}
	}
	return len(kinds) - 1
}

// classify names the first cause that covers the stall.
func classify(e Evidence) Cause {
	if e.Lag <= 0 {
		return CauseUnknown
	}
	for _, k := range kinds {
		if k.covers(&e) {
			return k.cause
		}
	}
	return CauseUnknown
}
