package heap

import (
	"math"
	"time"
)

// gcSums adds up what happened between collections. Old windows count half
// after each half-life, so that the load is that of the present days.
type gcSums struct {
	seconds, cycles, allocated, marked float64
	pricedSeconds, pricedCycles        float64 // of the windows with CPU times
	gcCPU, procCPU                     float64
	roomUsed, roomGiven, roomCycles    float64
	unused, idle                       float64 // memory without objects, see addFree
}

// gcWindow is what happened between two readings with a collection in between.
type gcWindow struct {
	length    time.Duration
	cycles    float64
	allocated float64 // bytes
	marked    float64 // bytes, by the latest of the collections
	room      float64 // bytes between live memory and the goal; 0 if not known
	gcCPU     float64 // seconds of the collector; negative if not known
	procCPU   float64 // seconds that the program could have used: GOMAXPROCS × time
}

// add counts a window.
func (s *gcSums) add(w gcWindow, halfLife time.Duration) {
	s.fade(math.Exp2(-float64(w.length) / float64(halfLife)))
	s.seconds += w.length.Seconds()
	s.cycles += w.cycles
	s.allocated += w.allocated
	s.marked += w.marked * w.cycles
	if w.gcCPU >= 0 && w.procCPU > 0 {
		s.pricedSeconds += w.length.Seconds()
		s.pricedCycles += w.cycles
		s.gcCPU += w.gcCPU
		s.procCPU += w.procCPU
	}
	if w.room > 0 {
		s.roomUsed += w.allocated
		s.roomGiven += w.room * w.cycles
		s.roomCycles += w.cycles
	}
}

// addFree counts the memory that holds no objects at some moment between two
// collections. Once the dead are swept, the room between live objects is unused
// memory of spans in use, and that elsewhere is in idle spans: so the first is
// the part of it over which live objects are scattered.
func (s *gcSums) addFree(unused, idle uint64) {
	s.unused += float64(unused)
	s.idle += float64(idle)
}

func (s *gcSums) fade(factor float64) {
	for _, sum := range []*float64{
		&s.seconds, &s.cycles, &s.allocated, &s.marked, &s.pricedSeconds, &s.pricedCycles,
		&s.gcCPU, &s.procCPU, &s.roomUsed, &s.roomGiven, &s.roomCycles, &s.unused, &s.idle,
	} {
		*sum *= factor
	}
}

// The room used is held to what the pacer can do: it begins at 70 % of the room
// or later (minTriggerRatioNum in runtime/mgcpacer.go). Far above 1 is a goal
// that moved between the readings, far below are collections that the program
// forced.
const leastRoomUsed, mostRoomUsed = 0.7, 1.1

// load is the average of what was counted; what is not known is 0.
func (s *gcSums) load() GCLoad {
	l := GCLoad{
		AllocRate:   quotient(s.allocated, s.seconds),
		Live:        quotient(s.marked, s.cycles),
		CPUPerCycle: quotient(s.gcCPU, s.pricedCycles),
		Procs:       quotient(s.procCPU, s.pricedSeconds),
	}
	if s.roomGiven > 0 {
		l.RoomUsed = min(max(quotient(s.roomUsed, s.roomGiven), leastRoomUsed), mostRoomUsed)
		l.Heap = l.Live + quotient(s.roomGiven, s.roomCycles)
		l.Scatter = quotient(s.unused, s.unused+s.idle)
	}
	return l
}

// share is the part of the CPU that the collector took, 0 if not known.
func (s *gcSums) share() float64 { return min(1, quotient(s.gcCPU, s.procCPU)) }

// quotient is a/b, or 0 where that is no figure.
func quotient(a, b float64) float64 {
	if q := a / b; isFigure(q) {
		return q
	}
	return 0
}
