// Package pprofenc writes stacks and their values in the formats that profile
// tools read: the gzipped protocol buffer of go tool pprof, and folded text.
//
//	profile := pprofenc.Heap(runtime.MemProfileRate)
//	profile.Samples = func(yield func(pprofenc.Sample) bool) { … } // estimates, not samples
//	err := pprofenc.Write(ctx, w, profile)
//
// Unlike runtime/pprof it takes the stacks from its caller, so that the values
// may be differences, with a sign.
//
// # Cost
//
// Samples are written as they come and are not kept. What grows is one table of
// symbols, with the distinct program counters, functions and strings of the
// profile: about 200 bytes per call site, of which a binary has a bounded number.
// A sample costs a map lookup for each of its frames and no allocation; a program
// counter that is new is symbolised once. The compressor takes 1.2 MiB, and the
// destination gets pieces of 64 KiB.
//
// # What it cannot see
//
// The full names of generic functions: [runtime.Frame] has "[...]" where
// runtime/pprof, which reaches into the runtime, has the shape of the type
// arguments. The first line of functions, which a Frame does not tell. Callers
// beyond the stacks that it is given: a [runtime.MemProfileRecord] has 32.
package pprofenc
