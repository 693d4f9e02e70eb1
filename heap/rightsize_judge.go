package heap

const (
	// tooLargeFactor times the advice is too large, if it saves something.
	tooLargeFactor  = 1.5
	leastBytesSaved = 64 << 20
	leastCoresSaved = 0.1
	// pressedShare is the share of the CPU above which a collector that a limit
	// hurries makes the limit too small, if the advice makes it this much
	// cheaper.
	pressedShare   = 0.15
	pressedCheaper = 1.5
)

// reason is why a size does not fit.
type reason string

const (
	reasonNone       reason = ""
	reasonNoLimit    reason = "no limit"
	reasonNoRoom     reason = "no room"     // live memory nearly fills the limit
	reasonUnguarded  reason = "unguarded"   // the heap may outgrow the kernel's limit before it is collected
	reasonPressed    reason = "pressed"     // the limit makes the collector work hard
	reasonLowRequest reason = "low request" // half of the hours need more
	reasonSpare      reason = "spare"       // much more is reserved than needed
)

type judgement struct {
	verdict Verdict
	reason  reason
	guard   uint64 // GOMEMLIMIT for today's limit
}

// judge compares today's memory with what is needed. With GOGC off a process
// means to fill its limit, so that it is never too large.
func judge(a Advice, n needs) judgement {
	verdict, why := compare(a, n)
	return judgement{verdict, why, n.goMemLimit(a.Memory.TodayLimit)}
}

func compare(a Advice, n needs) (Verdict, reason) {
	size := a.Memory
	switch {
	case n.exceeds(size, tooSmallShare, n.marked[atPeak], atPeak):
		return VerdictTooSmall, reasonNoRoom
	case size.TodayLimit > 0 && !n.guarded(size) && (n.gogcOff || n.total(atPeak) > float64(size.TodayLimit)):
		return VerdictTooSmall, reasonUnguarded
	case isPressed(a, n):
		return VerdictTooSmall, reasonPressed
	case size.TodayRequest > 0 && float64(size.TodayRequest) < n.total(atP50):
		return VerdictTooSmall, reasonLowRequest
	case !n.gogcOff && isSpare(size):
		return VerdictTooLarge, reasonSpare
	case size.TodayLimit == 0 && size.TodayGOMEMLIMIT == 0 && size.TodayRequest == 0:
		return VerdictUnknown, reasonNoLimit
	}
	return VerdictOK, reasonNone
}

// exceeds reports whether a heap of the given size, with what is held besides,
// is above a share of one of today's limits. GOMEMLIMIT does not count off-heap
// memory.
func (n needs) exceeds(size MemorySize, share, heap float64, at int) bool {
	inGo := heap + n.overhead[at]
	above := func(used float64, limit uint64) bool { return limit > 0 && used > share*float64(limit) }
	return above(inGo, size.TodayGOMEMLIMIT) || above(inGo+n.offHeap[at], size.TodayLimit)
}

// guarded reports whether GOMEMLIMIT keeps the process below the kernel's limit.
func (n needs) guarded(size MemorySize) bool {
	return size.TodayGOMEMLIMIT > 0 && float64(size.TodayGOMEMLIMIT)+n.offHeap[atP90] <= float64(size.TodayLimit)
}

// isPressed reports whether a limit, and not GOGC, makes collections frequent.
func isPressed(a Advice, n needs) bool {
	free, ok := a.GCLoad.At(toBytes(n.goal(a.GCLoad.Live)))
	return ok && a.GCShare >= pressedShare && a.GCShare >= pressedCheaper*free.CPUShare &&
		n.exceeds(a.Memory, 1, n.goal(n.marked[atP90]), atP90)
}

func isSpare(size MemorySize) bool {
	today, advised := size.TodayLimit, size.Limit
	if size.TodayRequest > 0 {
		today, advised = size.TodayRequest, size.Request
	}
	return size.Saves >= leastBytesSaved && float64(today) >= tooLargeFactor*float64(advised)
}
