// Package usage says what a process holds at one moment, as exactly as a test
// wants to know it, and whether a figure that was read again and again while
// some work was repeated grows with that work.
//
//	memory := usage.ReadMemory()
//	for … { work(); series.Add(iteration, float64(usage.ReadMemory().Bytes)) }
//	growth, grows := series.Judge(usage.Tolerance{Total: 64 << 10})
//
// # Cost
//
// ReadMemory forces two garbage collections, ReadMemoryOnce one, and both stop
// the world for runtime.ReadMemStats: about a millisecond for a small heap, 0.3 s
// a collection for a GiB of small objects with pointers. Threads and Backlog take
// less than a microsecond.
//
// # What it cannot see
//
// Whose a figure is: all are of the whole process.
package usage
