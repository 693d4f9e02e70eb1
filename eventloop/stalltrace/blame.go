package stalltrace

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/exp/trace"

	"github.com/govitals/govitals/finding"
)

const (
	// shortest is the length from which on something is a stall, in ns.
	shortest = 5_000_000
	// maxCulprits bounds those that are named, leastShare the shares that count.
	maxCulprits = 8
	leastShare  = 0.03
	// much is the part of the processors from which on the garbage collector comes
	// before who allocates: it takes a quarter by design (gcBackgroundUtilization in
	// GOROOT/src/runtime/mgcpacer.go).
	much = 0.4
	// collection is what the garbage collector is called.
	collection = "garbage collection"
)

// blame names the culprits of the longest stall.
func (r *record) blame() []finding.Culprit {
	window := r.longest()
	if window.length() < shortest {
		return nil
	}
	if stop, found := r.stopIn(window); found {
		return r.blameStop(stop, window)
	}
	return r.blameRunning(window)
}

// blameRunning names who ran in a time. The garbage collector is told apart from who
// made the garbage: it comes first if it took much, else last.
func (r *record) blameRunning(window span) []finding.Culprit {
	collecting := r.sum(window, func(s span) bool { return s.kind == marking || s.kind == assist })
	collector := finding.Culprit{Name: collection, Share: r.share(collecting, window)}
	beside := func(s span) bool { return s.kind == running || s.kind == assist && collector.Share >= much }
	rest := top(r.culprits(window, beside))
	if collector.Share < leastShare {
		return rest
	}
	rest = rest[:min(len(rest), maxCulprits-1)]
	if collector.Share >= much {
		return append([]finding.Culprit{collector}, rest...)
	}
	return append(rest, collector)
}

// longest returns the stall: the longest wait of a goroutine that was ready, stop of
// the world, or time in which all processors were held by long runs.
func (r *record) longest() span {
	window := r.held()
	for _, s := range r.stops.all {
		if s.length() > window.length() {
			window = s.span
		}
	}
	for _, s := range r.spans.all {
		if s.kind == waiting && s.length() > window.length() {
			window = s
		}
	}
	return window
}

// held returns the longest time in which each processor ran one goroutine.
func (r *record) held() (longest span) {
	type edge struct {
		at    trace.Time
		delta int
	}
	var edges []edge
	for _, s := range r.runs.all {
		edges = append(edges, edge{s.from, 1}, edge{s.to, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.delta, b.delta)) })
	depth := 0
	var from trace.Time
	for _, e := range edges {
		if e.delta < 0 && depth >= r.procCount() && e.at-from > longest.length() {
			longest = span{from: from, to: e.at}
		}
		depth += e.delta
		from = e.at
	}
	return longest
}

// procCount is GOMAXPROCS; 1 where the trace does not say.
func (r *record) procCount() int { return max(1, r.processors) }

// stopIn returns the stop of the world that took half of a time or more.
func (r *record) stopIn(window span) (s stop, found bool) {
	for _, s := range r.stops.all {
		if s.overlap(window) >= window.length()/2 {
			return s, true
		}
	}
	return s, false
}

// blameStop names who kept the world from stopping, else who stopped it.
func (r *record) blameStop(stop stop, window span) []finding.Culprit {
	share := float64(stop.overlap(window)) / float64(window.length())
	others := func(s span) bool { return s.kind == running && s.g != stop.g }
	itself := finding.Culprit{Name: stop.name, Share: share}
	for _, s := range r.runs.all {
		if others(s) && s.overlap(stop.span) >= stop.length()/2 {
			late := top(r.culprits(stop.span, others))
			for i := range late { // one processor is enough to keep the world waiting
				late[i].Share = min(1, late[i].Share*float64(r.procCount()))
			}
			return append(late[:min(len(late), maxCulprits-1)], itself)
		}
	}
	if strings.Contains(stop.name, "(GC ") {
		return []finding.Culprit{itself}
	}
	return []finding.Culprit{r.culprit(stop.site, share), itself}
}

// share returns the part of the processors' time in a window.
func (r *record) share(of trace.Time, window span) float64 {
	return min(1, float64(of)/float64(window.length())/float64(r.procCount()))
}

func (r *record) sum(window span, counts func(span) bool) (total trace.Time) {
	for _, s := range r.spans.all {
		if counts(s) {
			total += s.overlap(window)
		}
	}
	return total
}

// culprits returns what took the processors' time in a window, by place.
func (r *record) culprits(window span, counts func(span) bool) (all []finding.Culprit) {
	took := map[int32]trace.Time{}
	for _, s := range r.spans.all {
		if counts(s) {
			took[s.site] += s.overlap(window)
		}
	}
	for at, time := range took {
		if share := r.share(time, window); share >= leastShare {
			all = append(all, r.culprit(at, share))
		}
	}
	return all
}

func (r *record) culprit(at int32, share float64) finding.Culprit {
	place := r.sites.all[at]
	return finding.Culprit{Name: place.name, File: place.file, Line: place.line, Share: share}
}

// top sorts culprits, the largest share first, and drops those that are too many.
func top(all []finding.Culprit) []finding.Culprit {
	slices.SortStableFunc(all, func(a, b finding.Culprit) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(maxCulprits, len(all))]
}
