package vitals

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/rtm"
	gostacks "github.com/govitals/govitals/internal/stacks"
	"github.com/govitals/govitals/internal/text"
)

const (
	// maxSites bounds the sites that are remembered of a profile: the largest.
	maxSites = 256
	// siteDuty is the share of one core that profiles of goroutines may take.
	siteDuty = 0.0005
	// sitesEvery is the least time between two of them.
	sitesEvery = 20 * time.Second
)

// siteCount is how many goroutines are at a place, and by how many they have become
// more since the first look, if that is known: of a look only the largest are kept.
type siteCount struct {
	Site  gostacks.Site
	Count int
	Grown int
	Known bool
}

// change is by how much it grew, in words.
func (c siteCount) change() string {
	if !c.Known {
		return "–"
	}
	return text.Change(float64(c.Grown), "")
}

// siteSampler looks now and then where goroutines are, so that nobody who opens the
// page has to. It takes no dump.
type siteSampler struct {
	// Of whoever steps, one at a time:
	next    time.Time // when to look again
	created uint64    // how many goroutines were ever started, at the latest look

	mu    sync.Mutex
	first map[gostacks.Site]int
	since time.Time // of first
	now   map[gostacks.Site]int
}

var createdReader = rtm.NewReader("/sched/goroutines-created:goroutines")

// readCreated returns how many goroutines were ever started.
func readCreated() (created uint64) {
	createdReader.Read(func(v rtm.Values) { created = v.Uint64(0) })
	return created
}

// readSites takes a profile: 1 to 4 µs for each goroutine. Its buffer is not kept,
// since it is needed rarely.
func readSites() (map[gostacks.Site]int, bool) {
	var profile gostacks.Profile
	if !profile.Read() {
		return nil, false
	}
	return maps.Collect(profile.All()), true
}

// step takes a profile if one is due and goroutines were started since the last.
func (s *siteSampler) step(at time.Time) {
	created := readCreated()
	if at.Before(s.next) || created == s.created {
		return
	}
	began := time.Now()
	sites, ok := readSites()
	s.next = at.Add(max(sitesEvery, time.Duration(float64(time.Since(began))/siteDuty)))
	if ok {
		s.created = created
		s.take(at, largestOf(sites, maxSites))
	}
}

func (s *siteSampler) take(at time.Time, sites map[gostacks.Site]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = sites
	if s.first == nil {
		s.first, s.since = sites, at
	}
}

// largestOf keeps the n sites with most goroutines.
func largestOf(sites map[gostacks.Site]int, n int) map[gostacks.Site]int {
	if len(sites) <= n {
		return sites
	}
	kept := make(map[gostacks.Site]int, n)
	for _, site := range largestSites(sites)[:n] {
		kept[site] = sites[site]
	}
	return kept
}

// largestSites orders sites by count, equal ones by name.
func largestSites(sites map[gostacks.Site]int) []gostacks.Site {
	return slices.SortedFunc(maps.Keys(sites), func(a, b gostacks.Site) int {
		return cmp.Or(cmp.Compare(sites[b], sites[a]), cmp.Compare(a.String(), b.String()))
	})
}

// counts returns the sites of the latest profile, the largest first, and since when
// growth is counted.
func (s *siteSampler) counts() (all []siteCount, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, site := range largestSites(s.now) {
		all = append(all, s.count(site, s.now[site]))
	}
	return all, s.since
}

// count compares how many goroutines a site has now with the first look. The caller
// holds mu.
func (s *siteSampler) count(site gostacks.Site, now int) siteCount {
	before, kept := s.first[site]
	return siteCount{site, now, now - before, kept || s.first != nil && len(s.first) < maxSites}
}

// change is by how many goroutines a site has more than at first, in words.
func (s *siteSampler) change(site gostacks.Site, now int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count(site, now).change()
}
