package heap

import (
	"runtime"
	"time"
)

// ReadExact collects garbage and fills s with exact figures: what is reachable
// now and nothing else. It is for tests, budgets and measurements.
//
// It stops the world, once for [runtime.ReadMemStats] and briefly in two forced
// collections, which mark all that is reachable twice: some 0.7 s for a GiB of
// small objects with pointers, a tenth of that for large ones without. On 64 MiB
// of small objects that is 40,000 times as long as [Read]. Never call it in a
// scrape or near a memory limit.
//
// It collects twice because one collection is not enough for all that is dead:
// sync.Pool lets go of its items in the second, an object with a finalizer dies
// in the one after its finalizer ran, and what dies while marking runs is found
// by the next.
//
// Sizes come from ReadMemStats; so do all counts that it has. What it lacks
// (Live, settings, CPU time, queues, the limiter) is read as by [Read] just
// before.
func ReadExact(s *Stats) {
	m := new(runtime.MemStats) // before the collections, not to be young after them
	runtime.GC()
	runtime.GC()
	reader.Read(s.fill)
	runtime.ReadMemStats(m)
	s.fillExact(m)
	s.At = time.Now()
}

// fillExact replaces what ReadMemStats knows too; see the comments in
// runtime/mstats.go for how its figures are composed.
func (s *Stats) fillExact(m *runtime.MemStats) {
	s.Cycles = uint64(m.NumGC)
	s.ForcedCycles = uint64(m.NumForcedGC)
	s.Objects = m.HeapAlloc
	s.ObjectCount = m.HeapObjects
	s.Allocated = m.TotalAlloc
	s.Goal = m.NextGC
	s.Stacks = m.StackInuse
	s.Unused = m.HeapInuse - min(m.HeapAlloc, m.HeapInuse)
	s.Idle = m.HeapIdle - min(m.HeapReleased, m.HeapIdle)
	s.Released = m.HeapReleased
	s.ProfilerBuckets = m.BuckHashSys
	s.Held = m.Sys - min(m.HeapReleased, m.Sys)
	s.derive()
}
