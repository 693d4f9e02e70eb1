package vitals

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	gostacks "github.com/govitals/govitals/internal/stacks"
	"github.com/govitals/govitals/internal/text"
)

// largest says what there is most of now: before anything can have grown, that is
// where to look. It is a finding.Source of its latest look.
type largest struct {
	next time.Time // when to look again

	mu  sync.Mutex
	all []finding.Finding
}

const (
	largestShown  = 3
	largestAfter  = 5 * time.Second // of life, so that a program has started
	largestEvery  = time.Minute
	largestDuty   = 10_000 // times what a look takes is the least pause after it
	fewGoroutines = 10     // not worth a word
	fewSets       = 100
)

// look counts goroutines by site, and label sets by metric where guards know, if it is
// time for that. It is called by one goroutine.
func (l *largest) look(now time.Time, guards func() []*cardinality.Guard) {
	if now.Before(l.next) {
		return
	}
	begin := time.Now()
	all := slices.Concat(mostGoroutines(now), mostSets(now, guards()))
	l.next = now.Add(max(largestEvery, largestDuty*time.Since(begin)))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = all
}

// Findings implements finding.Source.
func (l *largest) Findings() []finding.Finding {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

func mostGoroutines(at time.Time) []finding.Finding {
	var profile gostacks.Profile
	if !profile.Read() {
		return nil
	}
	var sites []finding.Culprit
	total := 0
	for site, n := range profile.All() {
		total += n
		sites = append(sites, finding.Culprit{Name: site.String(), Share: float64(n)})
	}
	if total < fewGoroutines {
		return nil
	}
	return most(at, text.Count(total, "goroutine"), total, sites)
}

func mostSets(at time.Time, guards []*cardinality.Guard) []finding.Finding {
	var metrics []finding.Culprit
	total := 0
	for _, guard := range guards {
		sets := guard.Stats().Sets
		total += sets
		metrics = append(metrics, finding.Culprit{Name: guard.Name(), Share: float64(sets)})
	}
	if total < fewSets {
		return nil
	}
	return most(at, text.Figure(float64(total), "{set}")+" guarded label sets", total, metrics)
}

// most names the largest parts of a total. Their Share is a count at first.
func most(at time.Time, what string, total int, parts []finding.Culprit) []finding.Finding {
	slices.SortFunc(parts, func(a, b finding.Culprit) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	parts = slices.Clone(parts[:min(len(parts), largestShown)])
	for i := range parts {
		parts[i].Share /= float64(total)
	}
	return []finding.Finding{{
		Signal: "setup", State: finding.OK, Cause: "largest", Culprits: parts,
		Summary: fmt.Sprintf("%s at %s, the largest part, %.0f %%, in %s.", what, at.UTC().Format(time.TimeOnly), 100*parts[0].Share, parts[0].Name),
	}}
}
