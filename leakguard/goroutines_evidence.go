package leakguard

import (
	"strings"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// maxStack bounds the example that is kept of a place.
const maxStack = 8 << 10

func keptStack(g *stacks.Goroutine) string { return strings.Clone(g.Text[:min(len(g.Text), maxStack)]) }

// maxCreators bounds the go statements that are told apart within a site.
const maxCreators = 64

// tally counts the goroutines of one site in a dump.
type tally struct {
	n         int
	survivors int // that were in the dump before too
	stuck     int // of these, that have not run in between
	aged      int // that have not run since the suspicion arose or for longer
	creators  map[stacks.Frame]int
	oldest    *stacks.Goroutine
}

// ages are the minutes from which a goroutine counts as stuck and as aged.
type ages struct{ stuck, aged int }

func (t *tally) add(g *stacks.Goroutine, survived bool, from ages) {
	t.n++
	if survived {
		t.survivors++
	}
	if survived && g.Minutes >= from.stuck {
		t.stuck++
	}
	if g.Minutes >= from.aged {
		t.aged++
	}
	if len(t.creators) < maxCreators || t.creators[g.CreatedBy] > 0 {
		t.creators[g.CreatedBy]++
	}
	if t.oldest == nil || g.Minutes > t.oldest.Minutes {
		t.oldest = g.Clone()
	}
}

// siteEvidence is what a dump told about a suspected site.
type siteEvidence struct {
	createdBy string
	wait      string
	stack     string
	minutes   int
}

// evidence copies what is kept, since all strings are parts of the dump.
func (t *tally) evidence() *siteEvidence {
	var creator stacks.Frame
	for c, n := range t.creators {
		most := t.creators[creator]
		if n > most || n == most && c.String() < creator.String() {
			creator = c
		}
	}
	return &siteEvidence{
		createdBy: strings.Clone(creator.String()),
		wait:      strings.Clone(t.oldest.State),
		stack:     stacks.Redact(keptStack(t.oldest)),
		minutes:   t.oldest.Minutes,
	}
}

// judgeByDump decides on a site that was in the dump before too. known means
// that the dump before is so long ago that a goroutine which has not run since
// must show an age.
//
// In a site of leaked goroutines alone, all are stuck. In a pool, some are by
// chance; and where a leak is mixed with others, only some are. These two are
// told apart an hour later: chance does not last.
func (s *site) judgeByDump(at time.Time, resolution time.Duration, t *tally, known bool) {
	enough := min(max(leastStuck, int(s.rise/2), t.n/2), maxRemembered/4)
	rested := at.Add(restAfter * resolution).UnixNano()
	switch {
	case t.survivors < enough: // they come and go
		s.state, s.why, s.rest = OK, becauseNothing, rested
	case t.aged >= max(leastStuck, t.survivors/4):
		s.state, s.why, s.stuck = Leaking, becauseStuck, true
	case float64(t.stuck) >= mostStuck*float64(t.survivors):
		if s.looks++; s.looks >= enoughLooks {
			s.state, s.why, s.stuck = Leaking, becauseStuck, true
		}
		return
	case !known:
		s.state, s.why = Suspect, becauseSurvivors
		if s.hasRisen(at, leakAfter*resolution) {
			s.state = Leaking
		}
	case s.hasRisen(at, aliveAfter*resolution):
		s.state, s.why, s.rest = Suspect, becauseAlive, rested
	default: // they are used now and then, as in a pool
		s.state, s.why, s.rest = OK, becauseNothing, rested
	}
	s.looks = 0
}

// judgeByCounts decides on a suspected site without a dump.
func (s *site) judgeByCounts(at time.Time, resolution time.Duration, why reason) {
	firedNow := at.UnixNano()-s.last <= int64(2*fineEvery*resolution)
	if s.state == OK && s.fired >= leastFired && firedNow && s.hasRisen(at, restAfter*resolution) {
		s.state, s.why = Suspect, why
	}
}

// hasRisen reports whether the rule fires since a time.
func (s *site) hasRisen(at time.Time, since time.Duration) bool {
	return s.first != 0 && at.UnixNano()-s.first >= int64(since)
}
