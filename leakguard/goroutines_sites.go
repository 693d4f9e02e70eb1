package leakguard

import (
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// maxSites is how many sites are told apart. The table must not be the leak.
const maxSites = 1024

// site is one place where goroutines are. Its size is 256 B at most.
type site struct {
	name        stacks.Site
	fine        [fineWindows]uint32   // least count of each window
	coarse      [coarseWindows]uint32 // the same, of the coarse windows
	leastFine   uint32                // least count in the open window
	leastCoarse uint32
	count       uint32
	suspicion
	evidence *siteEvidence // nil until a dump was taken
}

// suspicion is what the floors of a site say. The zero value is: nothing.
type suspicion struct {
	base    uint32  // goroutines before the rise
	rise    uint32  // goroutines more than the work explains
	perHour float32 // over the windows that rise
	ratio   float32 // of the goroutines started meanwhile, those that piled up here
	since   int64   // when the rise began, Unix ns
	first   int64   // when the rule fired first, Unix ns; 0 = it does not hold
	last    int64   // when it fired last
	dumped  int64   // when it was looked at in a dump, Unix ns
	rest    int64   // no dump before then: the latest one spoke against a leak
	fired   uint32  // in how many windows
	looks   uint8   // how many dumps in a row found nearly all of them stuck
	state   State   // OK, Suspect, Leaking
	why     reason
	stuck   bool
	proven  bool
}

// siteTable holds the sites of the latest profile and those that were there
// within the windows.
type siteTable struct {
	sites map[stacks.Site]*site
	open  bool // the open window has had samples before this one
}

// begin, count and end take in a profile.
func (t *siteTable) begin() {
	for _, s := range t.sites {
		s.count = 0
	}
}

func (t *siteTable) count(name stacks.Site, n int) {
	s := t.sites[name]
	if s == nil {
		if len(t.sites) >= maxSites-1 && name != stacks.Other {
			t.count(stacks.Other, n)
			return
		}
		s = &site{name: name, suspicion: suspicion{state: OK}}
		if !t.open { // otherwise it was not there at the start: its floor is 0
			s.leastFine, s.leastCoarse = uint32(n), uint32(n)
		}
		t.sites[name] = s
	}
	s.count += uint32(n)
}

func (t *siteTable) end() {
	t.open = true
	for _, s := range t.sites {
		s.leastFine = min(s.leastFine, s.count)
	}
}

// close ends the open window of every site and forgets sites that had nothing
// in any window.
func (t *siteTable) close(c *siteClock) {
	for name, s := range t.sites {
		s.fine[(c.fine.closed-1)%fineWindows] = s.leastFine
		s.leastCoarse = min(s.leastCoarse, s.leastFine)
		s.leastFine = s.count
		if c.closesCoarse() {
			s.coarse[(c.coarse.closed-1)%coarseWindows] = s.leastCoarse
			s.leastCoarse = s.count
		}
		if s.isGone() {
			delete(t.sites, name)
		}
	}
}

func (s *site) isGone() bool {
	return s.count == 0 && s.first == 0 && s.fine == [fineWindows]uint32{} && s.coarse == [coarseWindows]uint32{}
}

// ago returns the time a number of Resolutions before at, in Unix ns.
func (c *siteClock) ago(at time.Time, resolutions int) int64 {
	return at.Add(-time.Duration(resolutions) * c.resolution).UnixNano()
}
