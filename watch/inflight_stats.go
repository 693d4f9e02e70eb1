package watch

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// InFlightStats is what is known of an InFlight at one moment, or between two.
type InFlightStats struct {
	// At is the moment.
	At time.Time
	// Elapsed is how long the window is, 0 for a state that nothing was
	// subtracted from.
	Elapsed time.Duration
	// InFlight is how many requests run, Oldest the age of the oldest, 0 if none
	// does.
	InFlight int64
	Oldest   time.Duration
	// Orphans is how many of them are orphaned now, Orphaned how many ever were.
	Orphans  int64
	Orphaned uint64
	// Routes holds what has ended, by route and outcome, sorted by both.
	Routes []RouteStats
}

// RouteStats is what has ended on one route with one outcome.
type RouteStats struct {
	// Route is a name, "(other)" for those beyond InFlightConfig.MaxRoutes.
	Route string
	// Outcome is how it ended.
	Outcome Outcome
	// Latency is how long it took.
	Latency Latency
}

// Stats returns what is known now. It takes 4 KiB for each route and outcome.
func (f *InFlight) Stats() InFlightStats {
	now := f.fresh()
	all := f.requests.crowd(now, first)
	s := InFlightStats{
		At: f.requests.time(now), InFlight: all.count, Oldest: all.oldest, Orphaned: f.orphaned.Load(),
		Routes: readTallies(f.routes),
	}
	f.requests.each(first, func(_ ticket[request], _ int64, r *request) {
		if r.orphaned {
			s.Orphans++
		}
	})
	return s
}

func readTallies(of *cardinality.Vec[*tally]) (all []RouteStats) {
	for values, t := range of.All() {
		for o := range t {
			if timed := t[o].Load(); timed != nil {
				all = append(all, RouteStats{values[0], Outcome(o), timed.read()})
			}
		}
	}
	slices.SortFunc(all, compareRoutes)
	return all
}

func compareRoutes(a, b RouteStats) int {
	return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Outcome, b.Outcome))
}

// Sub returns what happened since an earlier state: Orphaned, and what has ended.
// The rest is as of s.
func (s InFlightStats) Sub(earlier InFlightStats) InFlightStats {
	s.Elapsed = s.At.Sub(earlier.At)
	s.Orphaned -= min(s.Orphaned, earlier.Orphaned)
	s.Routes = slices.Clone(s.Routes)
	for i := range s.Routes {
		now := &s.Routes[i]
		if at, known := slices.BinarySearchFunc(earlier.Routes, *now, compareRoutes); known {
			now.Latency = now.Latency.Sub(&earlier.Routes[at].Latency)
		}
	}
	return s
}

const inflightSignal = "inflight"

// Findings implements [finding.Source].
func (f *InFlight) Findings() []finding.Finding {
	now := f.fresh()
	orphans := f.list(now, func(r *request) bool { return r.orphaned })
	said := finding.Finding{Signal: inflightSignal, State: finding.OK}
	if len(orphans) > 0 {
		longest := slices.MaxFunc(orphans, func(a, b Request) int { return cmp.Compare(a.Left, b.Left) })
		said.State, said.Since = finding.Suspect, f.requests.time(now).Add(-longest.Left)
		said.Culprits = culpritsOf(orphans)
		said.Summary = fmt.Sprintf("ORPHANED: %s still %s though the client has left, one for %s: %s.",
			text.Count(len(orphans), "request"), verb(len(orphans), "runs", "run"), text.Duration(longest.Left), said.Culprits[0].Name)
		said.Advice = "Have the handler hand its request's context to what it calls and return when it ends: GET /debug/goroutines shows where it is."
		return []finding.Finding{said}
	}
	all := f.requests.crowd(now, first)
	said.Summary = "No request is in flight."
	if all.count > 0 {
		said.Summary = fmt.Sprintf("%s in flight, the oldest for %s.", text.Count(int(all.count), "request"), text.Duration(all.oldest))
	}
	said.How = []string{"orphaned so far: " + text.Figure(float64(f.orphaned.Load()), "{request}")}
	return []finding.Finding{said}
}

// culpritsOf names what the requests ask for, the most frequent first.
func culpritsOf(requests []Request) []finding.Culprit {
	counts := map[string]float64{}
	for _, r := range requests {
		r.findRoute()
		name := cmp.Or(r.Route, r.Method+" "+cardinality.RouteTemplate(r.Path))
		counts[shorten(name, 200)]++
	}
	return shares(counts)
}
