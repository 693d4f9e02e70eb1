// Package stalltrace names what held a Go program up, from an execution trace of the
// moment: the function that could not be preempted, those that filled the
// processors, who stopped the world, or the garbage collector.
//
//	file, err := os.Open("20261121T065500.123Z-stall-nonpreemptible-….trace")
//	culprits, err := stalltrace.Name(file)
//	for _, c := range culprits {
//		fmt.Printf("%3.0f %%  %s  %s:%d\n", 100*c.Share, c.Name, c.File, c.Line)
//	}
//
// The trace is one that eventloop.Capture wrote, or any of the last seconds before:
// of runtime/trace.FlightRecorder, of /debug/pprof/trace. Name fits
// vitals.Config.NameStall. The package is a module of its own, because it reads
// traces with golang.org/x/exp/trace, which has no stable API; a program that
// does not want it runs the command govitals stall, which has it inside.
//
// # How it tells
//
// The stall is the longest time in which a goroutine that was ready did not run, the
// world was stopped, or every processor ran one and the same goroutine for two quanta
// or more (20 ms). What ran in that time is to blame: the share of a culprit is its
// part of the processors' time. Of a stack the innermost function is named that is
// not in the standard library.
//
// # Cost
//
// Some 12 ms for 136 KB, a second of a program with 900 goroutines and 2,000 tasks, on a
// busy machine; about 0.5 µs for each event beyond. What it keeps is at most 4 MiB
// on top of what golang.org/x/exp/trace holds, which is one second of events; it
// reads at most 64 MiB.
//
// # What it cannot see
//
// Why a thread did not get a processor: in a process that was stopped or throttled,
// what happened to run looks as if it had run all the time. The cause that
// eventloop.Stall gives tells these apart. What a function did that never
// blocked, was never preempted and had returned by the end: then the function
// that the goroutine began with is named. Functions that were inlined look like
// part of their callers where the compiler kept no trace of them.
package stalltrace
