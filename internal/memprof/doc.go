// Package memprof reads the raw records of runtime.MemProfile and follows each
// allocation site through time: what it holds now, how that changed, and in
// which order the sites explain the growth of the heap.
//
//	var reader memprof.Reader
//	if err := reader.Read(); err != nil { … } // profiling is off, too many records
//	for _, row := range reader.Rows() { … }   // one per stack, estimates, not samples
//
//	var tracker memprof.Tracker
//	tracker.Step(&reader, memprof.Reading{At: time.Now()}) // at whatever pace
//	tracker.Publish()
//	tracker.Top() // the sites that grew, then those that shrank
//
// A site is a whole stack, up to the 32 frames that the runtime's public API
// offers. Stacks are looked up in the symbol table only where somebody asks
// ([Frames], [Owner]).
//
// # Cost
//
// A read walks the runtime's table of records once under the runtime's own lock
// and stops nothing. It takes about an eighth of the time of writing the same
// profile with runtime/pprof and allocates nothing while the number of records
// stays the same. The memory that is kept is 288 bytes for a record, 64 bytes
// for a stack and 8 to 16 bytes of index, up to [DefaultMaxRecords] records
// (46 MiB); the history of a [Tracker] is at most 512 KiB on top.
//
// # What it cannot see
//
// Anything newer than the latest completed garbage collection. Objects that
// were not sampled: estimates have a sampling error, which is given. Frames
// beyond the 32nd: deeper stacks that differ only there are one site. Who keeps
// an object alive: a site is where it was allocated.
package memprof
