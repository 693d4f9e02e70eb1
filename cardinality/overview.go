package cardinality

import (
	"cmp"
	"slices"
)

// Overview is what guards, groups and the guarded parts of promguard and otelguard
// have in common: a line for each metric, for a page or a log.
type Overview interface {
	// Overview returns the metrics in the order in which they were made.
	Overview() []Summary
}

// Summary is how one guarded metric is doing.
type Summary struct {
	// Metric is the name of the guard.
	Metric string
	// Sets is the number of sets, and Limit how many may be admitted.
	Sets, Limit int
	// Bytes is what the sets hold, by the estimate of BytesPerSet.
	Bytes int64
	// Overflowed counts lookups that share a set in which a label shows the marker.
	// They are recorded.
	Overflowed uint64
	// Dropped counts what could not be recorded, such as values of gauges that
	// stand for many sets.
	Dropped uint64
	// Demoted and Promoted count sets that lost a place to one with more traffic,
	// and that got one.
	Demoted, Promoted uint64
	// Labels are the labels, the one with the most values first.
	Labels []LabelValues
	// Trips are the labels that exploded, in the order in which they did.
	Trips []Trip
	// DryRun says that nothing is refused.
	DryRun bool
}

// LabelValues says how many values a label had, within 5 %.
type LabelValues struct {
	// Label is its name.
	Label string
	// Distinct is the number of values, those that were not admitted included.
	Distinct uint64
}

// Last returns the latest trip, nil if there is none.
func (s Summary) Last() *Trip {
	if len(s.Trips) == 0 {
		return nil
	}
	return &s.Trips[len(s.Trips)-1]
}

// Overview implements [Overview].
func (g *Guard) Overview() []Summary {
	stats, names := g.Stats(), g.Labels()
	s := Summary{
		Metric: g.Name(), Sets: stats.Sets, Limit: stats.Limit, Bytes: stats.Bytes, Overflowed: stats.Overflowed,
		Demoted: stats.Demoted, Promoted: stats.Promoted, Trips: g.Trips(), DryRun: g.config.dryRun,
	}
	for i, n := range stats.Distinct {
		s.Labels = append(s.Labels, LabelValues{Label: names[i], Distinct: n})
	}
	slices.SortStableFunc(s.Labels, func(a, b LabelValues) int { return cmp.Compare(b.Distinct, a.Distinct) })
	return []Summary{s}
}

// Overview implements [Overview].
func (g *Group) Overview() (all []Summary) {
	for _, guard := range g.Guards() {
		all = append(all, guard.Overview()...)
	}
	return all
}
