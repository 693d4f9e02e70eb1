// Package benchmarks compares govitals with its peers and with the runtime. It is
// a module of its own, so that peers are no requirement of the library.
//
//	cd benchmarks && go test -bench . -benchtime 200x
//
// Each benchmark runs its contestants in turn, round after round, in one process,
// and reports the median time of each and the ratio of the first one to it: on a
// noisy machine ratios hold where times do not.
package benchmarks
