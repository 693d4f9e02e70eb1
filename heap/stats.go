package heap

import (
	"time"

	"github.com/govitals/govitals/internal/rtm"
)

// Stats is one reading of the Go heap. Sizes are bytes, counters run since the
// start of the process.
type Stats struct {
	// At is when the reading was taken.
	At time.Time
	// Cycles counts completed garbage collections. While it is 0, Live and
	// Young are not known.
	Cycles uint64
	// ForcedCycles counts those that the program asked for.
	ForcedCycles uint64
	// LimiterCycle is the latest cycle in which the collector was held back to
	// half of the CPU because it could not keep up. 0 means never.
	LimiterCycle uint64
	// Live is what the latest collection found reachable. It includes what was
	// allocated while that collection ran.
	Live uint64
	// Young is what is on the heap besides Live: allocated since the latest
	// collection, or dead and not swept yet.
	Young uint64
	// Objects is all that is on the heap: Live plus Young.
	Objects uint64
	// Allocated is the total ever allocated on the heap.
	Allocated uint64
	// Goal is the heap size at which the next collection is due.
	Goal uint64
	// Stacks is the memory of goroutine stacks.
	Stacks uint64
	// Unused is memory reserved for objects but not holding any:
	// fragmentation.
	Unused uint64
	// Idle is heap memory that is free and not yet given back.
	Idle uint64
	// Released is heap memory that was given back to the operating system.
	Released uint64
	// Committed is the heap and its stacks as far as they hold physical
	// memory: Objects, Unused, Idle and Stacks.
	Committed uint64
	// Held is everything that the runtime holds, its own tables included:
	// what GOMEMLIMIT limits.
	Held uint64
	// MemoryLimit is GOMEMLIMIT, 0 if it is not set.
	MemoryLimit uint64
}

// The order of these constants is that of the names in reader.
const (
	sampleCycles = iota
	sampleForcedCycles
	sampleLimiterCycle
	sampleLive
	sampleObjects
	sampleAllocated
	sampleGoal
	sampleStacks
	sampleUnused
	sampleIdle
	sampleReleased
	sampleTotal
	sampleMemoryLimit
)

// reader reads what Stats needs; see runtime/metrics/description.go.
var reader = rtm.NewReader(
	"/gc/cycles/total:gc-cycles",
	"/gc/cycles/forced:gc-cycles",
	"/gc/limiter/last-enabled:gc-cycle",
	"/gc/heap/live:bytes",
	"/memory/classes/heap/objects:bytes",
	"/gc/heap/allocs:bytes",
	"/gc/heap/goal:bytes",
	"/memory/classes/heap/stacks:bytes",
	"/memory/classes/heap/unused:bytes",
	"/memory/classes/heap/free:bytes",
	"/memory/classes/heap/released:bytes",
	"/memory/classes/total:bytes",
	"/gc/gomemlimit:bytes",
)

// noMemoryLimit is what the runtime reports while GOMEMLIMIT is not set.
const noMemoryLimit = 1<<63 - 1

// Read fills s with the state of the heap. It does not allocate and does not
// stop the world. It may be called from any goroutine.
func Read(s *Stats) {
	reader.Read(s.fill)
	s.At = time.Now()
}

func (s *Stats) fill(v rtm.Values) {
	s.Cycles = v.Uint64(sampleCycles)
	s.ForcedCycles = v.Uint64(sampleForcedCycles)
	s.LimiterCycle = v.Uint64(sampleLimiterCycle)
	s.Live = v.Uint64(sampleLive)
	s.Objects = v.Uint64(sampleObjects)
	s.Young = s.Objects - min(s.Live, s.Objects)
	s.Allocated = v.Uint64(sampleAllocated)
	s.Goal = v.Uint64(sampleGoal)
	s.Stacks = v.Uint64(sampleStacks)
	s.Unused = v.Uint64(sampleUnused)
	s.Idle = v.Uint64(sampleIdle)
	s.Released = v.Uint64(sampleReleased)
	s.Committed = s.Objects + s.Unused + s.Idle + s.Stacks
	s.Held = v.Uint64(sampleTotal) - s.Released
	s.MemoryLimit = v.Uint64(sampleMemoryLimit)
	if s.MemoryLimit == noMemoryLimit {
		s.MemoryLimit = 0
	}
}
