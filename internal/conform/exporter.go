package conform

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/govitals/govitals/metric"
)

// Series is what an exporter put on the wire, in a form that has no accent.
type Series struct {
	// Name is the name as Prometheus shows it; see [PrometheusName] for
	// exporters that send another.
	Name string
	// Labels holds name and value of each label.
	Labels map[string]string
	// Kind is "gauge", "counter" or "histogram".
	Kind string
	// Unit is the UCUM code, or NoUnit where the wire format has none.
	Unit string
	// Help is the description.
	Help string
	// Value is the value of a gauge or counter.
	Value float64
	// Count and Sum belong to a histogram.
	Count uint64
	// Sum adds up all observations.
	Sum float64
	// Buckets holds, for each upper bound but +Inf, the observations at or
	// below it.
	Buckets map[float64]uint64
}

// NoUnit says that the wire format carries no unit.
const NoUnit = "-"

// Export attaches the sources to a new exporter and returns a function that
// reads everything the exporter sends at that moment.
type Export func(t *testing.T, sources ...metric.Source) (scrape func() []Series)

// Exporter runs the cases that every exporter has to pass.
func Exporter(t *testing.T, export Export) {
	for _, c := range exporterCases() {
		t.Run(c.name, func(t *testing.T) {
			var step atomic.Int64
			scrape := export(t, c.sources(&step)...)
			for i, want := range c.scrapes {
				step.Store(int64(i))
				got, dropped := splitDropped(t, scrape())
				if diff := difference(got, want.series); diff != "" {
					t.Errorf("scrape %d: %s\n%s", i+1, diff, c.explanation)
				}
				if !maps.Equal(dropped, want.dropped) {
					t.Errorf("scrape %d: dropped %v, want %v\n%s", i+1, dropped, want.dropped, c.explanation)
				}
			}
		})
	}
}

// splitDropped takes the counter of drops out of all, as reason and count. It
// has to be complete, so that a rate over it sees the first drop.
func splitDropped(t *testing.T, all []Series) (rest []Series, dropped map[string]float64) {
	t.Helper()
	reasons := make(map[string]bool)
	dropped = make(map[string]float64)
	for _, s := range all {
		if s.Name != "govitals_export_dropped_total" {
			rest = append(rest, s)
			continue
		}
		reasons[s.Labels["reason"]] = true
		if s.Kind != "counter" || s.Labels["exporter"] == "" || len(s.Labels) != 2 {
			t.Errorf("drops are sent as %+v, want a counter by exporter and reason", s)
		}
		if s.Value != 0 {
			dropped[s.Labels["reason"]] = s.Value
		}
	}
	want := []string{"conflict", "duplicate", "invalid", "late", "limit", "not_finite", "panic"}
	if got := slices.Sorted(maps.Keys(reasons)); !slices.Equal(got, want) {
		t.Errorf("drops are counted for the reasons %q, want %q", got, want)
	}
	return rest, dropped
}

// difference describes the first difference between two sets of series.
func difference(got, want []Series) string {
	found := make(map[string]Series)
	for _, s := range got {
		if _, twice := found[s.key()]; twice {
			return "sent twice: " + s.key()
		}
		found[s.key()] = s
	}
	for _, s := range want {
		g, ok := found[s.key()]
		if !ok {
			return fmt.Sprintf("%s is missing in %q", s.key(), slices.Sorted(maps.Keys(found)))
		}
		if !g.equal(s) {
			return fmt.Sprintf("got  %+v\nwant %+v", g, s)
		}
		delete(found, s.key())
	}
	for key := range found {
		return key + " was sent and should not be"
	}
	return ""
}

func (s Series) key() string { return fmt.Sprintf("%s%q", s.Name, s.Labels) }

func (s Series) equal(want Series) bool {
	return s.Kind == want.Kind && (s.Unit == want.Unit || s.Unit == NoUnit) && s.Help == want.Help &&
		s.Value == want.Value && s.Count == want.Count && s.Sum == want.Sum &&
		maps.Equal(s.Buckets, want.Buckets)
}
