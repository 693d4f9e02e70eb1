package vitals

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/rtm"
	gostacks "github.com/govitals/govitals/internal/stacks"
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
// more since the first look.
type siteCount struct {
	Site  gostacks.Site
	Count int
	Grown int
}

// siteSampler looks now and then where goroutines are, so that nobody who opens the
// page has to. It takes no dump.
type siteSampler struct {
	read func() (sites map[gostacks.Site]int, ok bool)

	mu      sync.Mutex
	next    time.Time
	created uint64
	at      time.Time // of the latest profile
	first   map[gostacks.Site]int
	since   time.Time // of first
	now     map[gostacks.Site]int
}

var createdReader = rtm.NewReader("/sched/goroutines-created:goroutines")

// readCreated returns how many goroutines were ever started.
func readCreated() (created uint64) {
	createdReader.Read(func(v rtm.Values) { created = v.Uint64(0) })
	return created
}

// readLive returns how many goroutines there are.
func readLive() int { return runtime.NumGoroutine() }

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
	s.mu.Lock()
	due := !at.Before(s.next) && (created != s.created || s.first == nil)
	s.mu.Unlock()
	if !due {
		return
	}
	began := time.Now()
	sites, ok := s.read()
	cost := time.Since(began)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = at.Add(max(sitesEvery, time.Duration(float64(cost)/siteDuty)))
	if ok {
		s.take(at, created, largestOf(sites, maxSites))
	}
}

func (s *siteSampler) take(at time.Time, created uint64, sites map[gostacks.Site]int) {
	s.at, s.created, s.now = at, created, sites
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
func (s *siteSampler) counts() (all []siteCount, since, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, site := range largestSites(s.now) {
		all = append(all, siteCount{site, s.now[site], s.now[site] - s.first[site]})
	}
	return all, s.since, s.at
}

// grown is by how many goroutines a site has more than at first, false where that
// is not known.
func (s *siteSampler) grown(site gostacks.Site, now int) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now - s.first[site], s.first != nil
}
