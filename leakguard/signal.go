package leakguard

import (
	"context"

	"github.com/govitals/govitals/finding"
)

// Signal is one figure of the process that should not grow for ever: open
// sessions, metric series, bytes outside the Go heap.
//
// Read is called from one goroutine at a time, about ten times per Resolution, but
// not more often than every 100 ms. It may be slow, but it must return when its
// context ends; an error is shown in the report and leaves a gap, never a zero. A
// value is 0 or more. A Signal may also have the methods of [Blamer], [Measured], [Floored] and [Filling], and, if
// it judges growth by itself, that of finding.Source; none of them is called while
// another one runs, and none when somebody asks for a report.
type Signal interface {
	// Name is one lower-case word that stays the same over restarts:
	// "series", "sessions".
	Name() string
	// Read returns the figure as it is now.
	Read(ctx context.Context) (Reading, error)
}

// Reading is one value of a [Signal].
type Reading struct {
	// Value is the figure, in the signal's unit.
	Value float64
	// Load is the work per second, in any unit, that the figure may follow:
	// a rate, not a counter. NaN means unknown.
	Load float64
	// Limit is the value at which the process fails. 0 means none.
	Limit float64
	// Epoch numbers the points of a figure that changes only now and then,
	// such as live heap at each garbage collection: two readings with the
	// same non-zero Epoch are one point. 0 means that each reading counts.
	Epoch uint64
	// Regime numbers the conditions that the level of the figure depends on,
	// such as the settings of the garbage collector. Readings with different
	// ones are not compared with each other; how fast the figure grew under
	// each still counts. Changes that follow each other all the time are taken
	// for noise. 0 is a number as any other.
	Regime uint64
}

// Blamer is a [Signal] that can name what its value consists of.
type Blamer interface {
	// Culprits returns at most n, the largest share first.
	Culprits(n int) []finding.Culprit
}

// Measured is a [Signal] that has a unit.
type Measured interface {
	// Unit is the UCUM code of the value: "By", "{goroutine}", "{series}".
	Unit() string
}

// Floored is a [Signal] that knows how much growth is not worth a word.
type Floored interface {
	// Floor is that growth in the unit of the value, 0 for none; see
	// [TrendConfig.Floor].
	Floor() float64
}

// Filling is a [Signal] whose value contains caches that fill up.
type Filling interface {
	// ExpectCache is how much they may fill in the unit of the value, 0 for
	// none; see [TrendConfig.ExpectCache].
	ExpectCache() float64
}

// State is the verdict on growth; see [finding.State] for the order of badness.
type State = finding.State

// The verdicts of leakguard, from good to bad.
const (
	// TooEarly: not enough data for a verdict.
	TooEarly = finding.TooEarly
	// OK: it does not grow.
	OK = finding.OK
	// Growing: it grows, and may still level off.
	Growing = finding.Growing
	// Suspect: it grows as leaks do; the evidence is not complete.
	Suspect = finding.Suspect
	// Leaking: it is a leak.
	Leaking = finding.Leaking
)
