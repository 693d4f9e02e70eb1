package leakguard

import (
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

const (
	// dumpGap is the time between two dumps, in Resolutions, if it is long
	// enough for ages to show; dumpGapShort is it otherwise.
	dumpGap      = 6
	dumpGapShort = 60
	// agesShow is the age from which "N minutes" can be relied on: it is
	// written by garbage collections, of which there is one in two minutes.
	agesShow = 5 * time.Minute
	// forcedGC is the time between collections of a process that allocates
	// nothing (forcegcperiod in runtime/proc.go).
	forcedGC = 2 * time.Minute
	// mostStuck is the share that must be stuck, enoughLooks times in a row: of
	// a young pool that may be so by chance once.
	mostStuck   = 0.9
	enoughLooks = 2
	// restAfter is how long, in Resolutions, a site is not looked at again
	// after a dump spoke against a leak, and how long the counts must rise
	// where no dump may be taken.
	restAfter = 60
	// leastFired is how often the rule must fire where no dump may be taken.
	leastFired = 5
	// leakAfter is how long a site must rise, in Resolutions, to be called a
	// leak if ages do not show.
	leakAfter = 600
	// aliveAfter is the same for a site whose goroutines live on and run.
	aliveAfter = 1440
	// maxRemembered bounds the ids that are kept between two dumps.
	maxRemembered = 1 << 16
	// leastStuck is how many goroutines must be seen again at least.
	leastStuck = 5

	// firstDumpCost is what a dump is taken to cost for each goroutine before
	// the first one: 4 to 7 µs were measured on 1,000 to 10,000 goroutines.
	firstDumpCost = 8 * time.Microsecond
	// dumpToProfile is how much longer than a profile a dump takes at least.
	// It foretells dumps of deep stacks before the first one.
	dumpToProfile = 3
	// leastMeasured is the number of goroutines below which a cost says little.
	leastMeasured = 100
)

// reason is what a verdict rests on.
type reason uint8

const (
	becauseNothing   reason = iota
	becauseStuck            // not run since long
	becauseSurvivors        // still there; ages do not show
	becauseAlive            // still there after a day of growth, though they run
	becauseCounts           // a dump would take longer than the budget
	becauseOther            // a dump does not tell which site of many it is
)

// dumpJudge confirms suspicions by dumps.
type dumpJudge struct {
	resolution  time.Duration
	budget      time.Duration
	dumpCost    time.Duration // for each goroutine, learned; 0 = not known
	profileCost time.Duration // for each goroutine, the least seen; 0 = not known
	at          time.Time     // of the dump that is remembered; zero = none
	remembered  map[uint64]*site
}

func (d *dumpJudge) gap() time.Duration {
	return max(dumpGap*d.resolution, min(dumpGapShort*d.resolution, agesShow))
}

// profiled learns what a profile costs. The least counts: a profile gives way
// to other work.
func (d *dumpJudge) profiled(live uint64, cost time.Duration) {
	if live < leastMeasured {
		return
	}
	each := max(1, cost/time.Duration(live))
	if d.profileCost == 0 || each < d.profileCost {
		d.profileCost = each
	} else {
		d.profileCost += (each - d.profileCost) / 64
	}
}

// predict returns how long a dump would stop the world.
func (d *dumpJudge) predict(live uint64) time.Duration {
	each := d.dumpCost
	if each == 0 {
		each = firstDumpCost
	}
	return time.Duration(live) * max(each, dumpToProfile*d.profileCost)
}

// learn takes in what a dump has cost.
func (d *dumpJudge) learn(live uint64, cost time.Duration) {
	if live >= leastMeasured {
		each := cost / time.Duration(live)
		if d.dumpCost == 0 {
			d.dumpCost = each
		}
		d.dumpCost = (d.dumpCost + each) / 2
	}
}

// forget lets an unlucky measurement fade, or no dump would ever correct it.
func (d *dumpJudge) forget() {
	if d.dumpCost > firstDumpCost {
		d.dumpCost -= (d.dumpCost - firstDumpCost) / 64
	}
}

// isPending reports whether a dump could tell more about a site.
func (s *site) isPending(at time.Time) bool {
	return s.first != 0 && s.state != Leaking && at.UnixNano() >= s.rest && s.name != stacks.Other
}

func (d *dumpJudge) pending(t *siteTable, at time.Time) bool {
	for _, s := range t.sites {
		if s.isPending(at) {
			return true
		}
	}
	return false
}

// step takes a dump if one is due and can be afforded, and judges by it.
func (d *dumpJudge) step(now goroutineCounts, source goroutineSource, t *siteTable) {
	if other := t.sites[stacks.Other]; other != nil {
		other.judgeByCounts(now.at, d.resolution, becauseOther)
	}
	switch {
	case !d.pending(t, now.at):
		d.at, d.remembered = time.Time{}, nil
	case !d.at.IsZero() && now.at.Sub(d.at) < d.gap():
	case d.predict(now.live) > d.budget:
		d.forget()
		d.forgo(now.at, t)
	case !d.take(now, source, t):
		d.forgo(now.at, t)
	}
}

// forgo judges without a dump.
func (d *dumpJudge) forgo(at time.Time, t *siteTable) {
	d.at, d.remembered = time.Time{}, nil
	for _, s := range t.sites {
		s.judgeByCounts(at, d.resolution, becauseCounts)
	}
}

// take judges by a dump, unless goroutines are missing in it: those would seem to have
// ended.
func (d *dumpJudge) take(now goroutineCounts, source goroutineSource, t *siteTable) bool {
	goroutines, cost, whole := source.dump()
	d.learn(now.live, cost)
	if !whole {
		return false
	}
	agesShown, tallies, remember := false, map[*site]*tally{}, map[uint64]*site{}
	from := d.ages(now.at)
	for g := range goroutines {
		agesShown = agesShown || g.Minutes > 0
		s := t.find(g.Site())
		if s == nil || !s.isPending(now.at) || g.Own() {
			continue
		}
		if tallies[s] == nil {
			tallies[s] = &tally{creators: make(map[stacks.Frame]int)}
		}
		tallies[s].add(g, d.remembered[g.ID] == s, from)
		if len(remember) < maxRemembered {
			remember[g.ID] = s
		}
	}
	agesShown = agesShown && now.at.Sub(d.at) >= agesShow
	for s, tally := range tallies {
		s.evidence = tally.evidence()
		if s.dumped == d.at.UnixNano() && !d.at.IsZero() {
			s.judgeByDump(now.at, d.resolution, tally, agesShown)
		}
		s.dumped = now.at.UnixNano()
	}
	d.at, d.remembered = now.at, remember
	return true
}

// ages returns from when on a goroutine has not run since the dump before, and
// for longer than chance explains. The runtime dates the wait of a goroutine up
// to one collection too early, never too late.
func (d *dumpJudge) ages(at time.Time) ages {
	stuck := agesShow
	if !d.at.IsZero() {
		stuck = max(stuck, at.Sub(d.at)-forcedGC)
	}
	aged := max(2*agesShow, restAfter*d.resolution-forcedGC)
	return ages{int(stuck / time.Minute), int(aged / time.Minute)}
}

// find returns the site of a goroutine of a dump.
func (t *siteTable) find(name stacks.Site) *site {
	if s := t.sites[name]; s != nil {
		return s
	}
	return t.sites[name.Deep()]
}
