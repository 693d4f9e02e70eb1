// Package leakguard is about growth: is a figure growing, since when, and
// whose fault is it.
//
// In this version it defines what can be watched. A [Signal] is one figure of
// the process that must not grow for ever; hand it to vitals:
//
//	v.Watch(openSessions) // a leakguard.Signal
//
// and its value, its change since the start and its read errors appear in the
// report, on the debug page and as metrics.
//
// # Cost
//
// The package imports the standard library only, starts nothing and registers
// nothing: a module that uses it in a test gains no further requirement.
//
// # What it cannot see
//
// It does not judge growth yet: the detector that calls a trend a leak is not
// in this version, and no verdict is made up in its place.
package leakguard
