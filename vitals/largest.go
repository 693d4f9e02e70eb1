package vitals

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	goroutines "github.com/govitals/govitals/internal/stacks"
	"github.com/govitals/govitals/internal/text"
)

// largest is what there is most of now: before anything can have grown, that is
// where to look.
type largest struct {
	at         time.Time
	goroutines int
	sites      []finding.Culprit
	series     int
	metrics    []finding.Culprit
	dueAt      time.Time // of the next look
}

const (
	largestShown  = 3
	largestAfter  = 5 * time.Second // of life, so that a program has started
	largestEvery  = time.Minute
	largestDuty   = 10_000 // times what a look takes is the least pause after it
	fewGoroutines = 10     // not worth a word
	fewSeries     = 100
)

// lookAtLargest counts goroutines by site, and series by metric where guards know.
// It is called by one goroutine.
func (s *setup) lookAtLargest(now, started time.Time, guards func() []*cardinality.Guard) {
	if s.largest.dueAt.IsZero() {
		s.largest.dueAt = started.Add(largestAfter)
	}
	if now.Before(s.largest.dueAt) {
		return
	}
	l := largest{at: now}
	begin := time.Now()
	l.countGoroutines()
	l.countSeries(guards())
	l.dueAt = now.Add(max(largestEvery, largestDuty*time.Since(begin)))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.largest = l
}

func (l *largest) countGoroutines() {
	var profile goroutines.Profile
	if !profile.Read() {
		return
	}
	for site, n := range profile.All() {
		l.goroutines += n
		l.sites = append(l.sites, finding.Culprit{Name: site.String(), Share: float64(n)})
	}
	l.sites = shares(l.sites, l.goroutines)
}

func (l *largest) countSeries(guards []*cardinality.Guard) {
	for _, guard := range guards {
		sets := guard.Stats().Sets
		l.series += sets
		l.metrics = append(l.metrics, finding.Culprit{Name: guard.Name(), Share: float64(sets)})
	}
	l.metrics = shares(l.metrics, l.series)
}

// shares turns counts into shares and keeps the largest.
func shares(all []finding.Culprit, total int) []finding.Culprit {
	slices.SortFunc(all, func(a, b finding.Culprit) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	all = slices.Clone(all[:min(len(all), largestShown)])
	for i := range all {
		all[i].Share /= float64(max(total, 1))
	}
	return all
}

func (l *largest) findings() (all []finding.Finding) {
	if l.goroutines >= fewGoroutines && len(l.sites) > 0 {
		all = append(all, l.most(text.Count(l.goroutines, "goroutine"), l.sites))
	}
	if l.series >= fewSeries {
		all = append(all, l.most(text.Figure(float64(l.series), "{set}")+" guarded label sets", l.metrics))
	}
	return all
}

func (l *largest) most(what string, culprits []finding.Culprit) finding.Finding {
	return finding.Finding{
		Signal: "setup", State: finding.OK, Cause: "largest", Culprits: culprits,
		Summary: fmt.Sprintf("%s at %s, the largest part, %.0f %%, in %s.", what, l.at.UTC().Format(time.TimeOnly), 100*culprits[0].Share, culprits[0].Name),
	}
}
