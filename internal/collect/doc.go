// Package collect is what the exporters share. It asks sources for their
// samples and lets through only what can be exported, so that one broken
// source cannot take the figures of the others with it:
//
//	sources, err := collect.New("promvitals", v, guard)
//	for _, sample := range sources.Samples() { … }
//	for _, sample := range sources.Drops() { … }
//
// What is held back is counted by [Reason] in the metric [Dropped]. A label
// value that is not valid UTF-8 is repaired instead, each run of bad bytes
// becoming one U+FFFD: a figure under a mangled label is worth more than none.
//
// # Bounds
//
// A Sources remembers at most [MaxMetrics] declarations, and one call of Samples
// returns at most [MaxSamples] samples.
//
// # Cost
//
// About 0.4 µs and one allocation for each sample with labels, and one
// short-lived goroutine for each source (BenchmarkSamples, on two shared cores
// of an AMD EPYC).
//
// # What it cannot see
//
// A source that never returns holds the exporter up: there is no way to stop
// it. Nor is there a way to survive what the runtime itself ends the process
// for, such as a concurrent map write.
package collect
