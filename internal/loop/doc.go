// Package loop is the one way in which govitals does something again and
// again: it starts, ticks, survives what user code does to it, and stops.
//
//	type Monitor struct{ loop loop.Loop }
//
//	func (m *Monitor) Start(ctx context.Context) error {
//		return m.loop.Start(ctx, loop.Config{Name: "heap.Monitor", Every: time.Second, Step: m.step})
//	}
//
//	func (m *Monitor) Close() error { return m.loop.Close() }
//
// # One wake-up
//
// An idle process should not be woken once for each thing that polls. All loops
// tick at the same instants: multiples of their period on the wall clock,
// shifted by a jitter that depends on the instant alone. A 1 s and a 10 s loop
// started at different times thus share every wake-up of the slower one,
// without sharing a goroutine, so a step that hangs holds up nobody else.
//
// The jitter (up to a quarter of the period, or of a second) is there because a
// fixed pace aliases with periodic work: a saw-tooth sampled at its own period
// reads as a line.
//
// # Cost
//
// One goroutine and one timer per started Loop.
package loop
