package heap

import (
	"cmp"
	"math"
)

// GCLoad is the work that a program gives the garbage collector, measured over
// a time with several collections. It says what collections would cost if the
// heap had more or less room:
//
//	cycles per second = AllocRate / (RoomUsed × (heap − Live))
//	cores of the collector = cycles per second × CPUPerCycle
//
// since the next collection is due when the room between what is live and the
// goal is used up (runtime/mgcpacer.go). CPUPerCycle is always measured: it
// depends on the program's data, the machine and the Go version. A collection
// marks what is live; but where a program replaces single objects, those that
// are live lie scattered over all of the heap, and a larger heap makes each of
// them dearer to reach. At reckons with that, see Scatter.
type GCLoad struct {
	// AllocRate is how much is allocated, in bytes per second.
	AllocRate float64 `json:"alloc_rate"`
	// Live is what a collection marks, in bytes: live memory, and the stacks and
	// globals that it scans.
	Live float64 `json:"live"`
	// CPUPerCycle is what one collection takes from the program, in seconds of
	// CPU time: without what ran on processors that had nothing else to do. The
	// runtime counts the time for which a worker has one of the program's
	// processors; where the kernel makes those wait, by a quota or for other
	// processes, that is too much.
	CPUPerCycle float64 `json:"cpu_per_cycle"`
	// RoomUsed is the part of the room that is used when a collection ends. The
	// runtime begins early so as not to exceed the goal; 0.7 to 1 is common.
	// 0 counts as 1.
	RoomUsed float64 `json:"room_used,omitzero"`
	// Heap is the size at which collections were due while CPUPerCycle was
	// measured, in bytes. 0 is not known: CPUPerCycle then counts for all sizes.
	Heap float64 `json:"heap,omitzero"`
	// Scatter is the part, 0 to 1, of the room that lies between live objects
	// rather than in memory of its own. It is near 1 where a program replaces
	// objects one by one, and near 0 where what is live was allocated together.
	Scatter float64 `json:"scatter,omitzero"`
	// Procs is how many processors the program may use: GOMAXPROCS.
	Procs float64 `json:"procs"`
}

// GCPrice is what garbage collection costs at some size of the heap.
type GCPrice struct {
	// Limit is the memory limit, in bytes, under which the heap reaches Heap
	// with GOMEMLIMIT set as advised for it. 0 if the price is not that of a
	// limit.
	Limit uint64 `json:"limit,omitzero"`
	// Heap is the size at which collections are due, in bytes.
	Heap uint64 `json:"heap"`
	// GOGC is the setting that leads to this size while Live stays as it is; a
	// lower one does where much is allocated while collections run, as that
	// counts as live. Below a limit that allows less GOMEMLIMIT has the same
	// effect; a limit that allows more changes nothing until GOGC is raised to
	// this.
	GOGC int `json:"gogc"`
	// Cores is how much CPU the collector takes from the program, in cores.
	Cores float64 `json:"cores"`
	// CPUShare is the part, 0 to 1, that Cores is of the CPU that the program
	// may use (GOMAXPROCS).
	CPUShare float64 `json:"cpu_share"`
}

const (
	// leastRoom is the room for new objects, as a share of live memory, below
	// which nothing is forecast: collections follow each other without a pause
	// and overlap with what they should make room for.
	leastRoom = 0.1
	// mostGCShare is where the runtime holds the collector back and lets the
	// heap grow instead (runtime/mgclimit.go).
	mostGCShare = 0.5
	// spreadCost is the power with which the price of a collection grows with
	// the memory over which live objects are spread: more pages, spans and cache
	// lines for the same objects. It cannot be observed while GOGC stays the
	// same. In programs that replace 64-byte objects 0.3 to 0.7 was measured
	// from GOGC=100 to 400 (docs/PERFORMANCE.md).
	spreadCost = 0.5
)

// At returns the price if collections are due at the given size of the heap. It
// reports false where nothing can be forecast: the load is not known, less than
// 10 % of Live is left as room, or the collector would need more than the half
// of the CPU that the runtime allows it.
func (l GCLoad) At(heap uint64) (GCPrice, bool) {
	room := float64(heap) - l.Live
	if !l.known() || room < leastRoom*l.Live || room <= 0 {
		return GCPrice{}, false
	}
	cores := l.AllocRate / (room * cmp.Or(l.RoomUsed, 1)) * l.cpuPerCycleAt(float64(heap))
	share := cores / l.Procs
	if !(share <= mostGCShare) {
		return GCPrice{}, false
	}
	return GCPrice{
		Heap: heap, GOGC: int(min(math.Round(100*room/l.Live), math.MaxInt32)),
		Cores: cores, CPUShare: share,
	}, true
}

// cpuPerCycleAt is CPUPerCycle if collections are due at another size.
func (l GCLoad) cpuPerCycleAt(heap float64) float64 {
	if l.Heap <= l.Live {
		return l.CPUPerCycle
	}
	return l.CPUPerCycle * math.Pow(l.spread(heap)/l.spread(l.Heap), spreadCost)
}

// spread is the memory over which live objects are spread in a heap of a size.
func (l GCLoad) spread(heap float64) float64 {
	return l.Live + min(l.Scatter, 1)*(heap-l.Live)
}

// known reports whether there is a load to forecast from.
func (l GCLoad) known() bool {
	return isFigure(l.AllocRate) && isFigure(l.RoomUsed) && isFigure(l.Heap) && isFigure(l.Scatter) &&
		isFigure(l.Live) && l.Live > 0 && isFigure(l.CPUPerCycle) && l.CPUPerCycle > 0 && isFigure(l.Procs) && l.Procs > 0
}

// isFigure reports whether x is a number, not negative and not infinite.
func isFigure(x float64) bool { return x >= 0 && !math.IsInf(x, 0) }
