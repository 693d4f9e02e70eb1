// Package sim is the test bench of growth detectors: made-up lives of a process,
// with and without a leak, and a scorer of what a detector says about them. It
// is for tests and benchmarks only.
//
//	life := sim.Make("diurnal", 7, 0.01) // seed 7, leaks 1 % of the level per hour
//	outcome := sim.Run(life, detector)
//	table := sim.Score("held-out", outcomes)
//
// A life is 72 hours of one point per minute: live memory after a garbage
// collection, and the work per second. A [Family] makes lives of one kind; the
// same seed makes the same life. Families are in groups: those on which the
// constants of a detector may be tuned, two that were held out and have been looked at
// since, and one that was written before the last change of the rules and played once,
// after it.
//
// # Cost
//
// A life is 4,320 points and takes about half a millisecond to make.
//
// # What it cannot see
//
// Whether real services are like this. Noise is Gaussian, the load is known
// within 3 %, and generators and detector come from the same hands.
package sim
