package leakguard

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/govitals/govitals/internal/text"
)

// SiteVerdict is what is known of one place where goroutines pile up.
type SiteVerdict struct {
	// Site is the function that was started with go, and after an arrow the
	// function in which its goroutines are, if that is another one.
	Site string
	// CreatedBy is the go statement, as "main.serve at /src/main.go:12". It is
	// "" where no dump could be taken.
	CreatedBy string
	// State is Suspect or Leaking.
	State State
	// Stuck means that those that pile up have not run for five minutes and
	// more. Below a Resolution of a minute it takes as long to become known.
	Stuck bool
	// Proven means that the garbage collector found nothing that could ever
	// wake them up. It takes a build with the goroutine leak profile.
	Proven bool
	// Count is how many goroutines the site has.
	Count int
	// Grown is how many of them at least are more than work explains.
	Grown int
	// PerHour is by how many goroutines the site grows.
	PerHour float64
	// LeakRatio is, over the windows that rise, the growth per goroutine that
	// the whole process started: 1 means that every one of them stays here.
	LeakRatio float64
	// Since is about when the growth began.
	Since time.Time
	// Wait is what the oldest waits for, in the words of the runtime.
	Wait string
	// Minutes is how long the oldest has waited, 0 if that is not known.
	Minutes int
	// Stack is the oldest goroutine as the runtime prints it, with the values
	// of labels removed; "" where no dump could be taken.
	Stack string
	// Why lists the rules that fired and the figures they fired on.
	Why []string
}

// String returns the verdict on one line.
func (v SiteVerdict) String() string {
	return fmt.Sprintf("%s: %s in %s", v.State, text.Count(v.Count, "goroutine"), v.whereAndPace())
}

func (v SiteVerdict) whereAndPace() string {
	line := fmt.Sprintf("%s, %s per hour", v.Site, text.Change(math.Round(v.PerHour), "{goroutine}"))
	if v.CreatedBy != "" {
		line += ", created by " + v.CreatedBy
	}
	return line
}

// Verdicts returns the sites that are suspected or leak, the worst first and of
// these the fastest. It must not be changed.
func (g *Goroutines) Verdicts() []SiteVerdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.verdicts
}

func (g *Goroutines) publish() {
	var verdicts []SiteVerdict
	for _, s := range g.table.sites {
		if s.state != OK {
			v := s.verdict()
			v.Since = v.Since.Add(g.clockSet)
			verdicts = append(verdicts, v)
		}
	}
	slices.SortFunc(verdicts, func(a, b SiteVerdict) int {
		return cmp.Or(byBadness(a.State, b.State), cmp.Compare(b.PerHour, a.PerHour), cmp.Compare(a.Site, b.Site))
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.verdicts = verdicts
}

func (s *site) verdict() SiteVerdict {
	v := SiteVerdict{
		Site: s.name.String(), State: s.state, Stuck: s.stuck, Proven: s.proven,
		Count: int(s.count), Grown: int(s.rise), PerHour: float64(s.perHour), LeakRatio: float64(s.ratio),
		Since: time.Unix(0, s.since), Why: s.reasons(),
	}
	if e := s.evidence; e != nil {
		v.CreatedBy, v.Wait, v.Minutes, v.Stack = e.createdBy, e.wait, e.minutes, e.stack
	}
	return v
}

func (s *site) reasons() []string {
	why := []string{fmt.Sprintf(
		"the least number of goroutines in each of the latest windows rose by %d, never fell, and rose more than the work; it has risen for %s",
		s.rise, text.Duration(time.Duration(s.last-s.since)))}
	switch s.why {
	case becauseStuck:
		why = append(why, "two dumps: they are the same goroutines, and they have not run for five minutes or more")
	case becauseSurvivors:
		why = append(why, "two dumps: they are the same goroutines; whether they run now and then does not show yet")
	case becauseAlive:
		why = append(why, "two dumps: they are the same goroutines, and they run now and then; a pool would have stopped growing")
	case becauseCounts:
		why = append(why, "a dump to confirm it would stop the program for longer than PauseBudget, or take more than 64 MiB")
	case becauseOther:
		why = append(why, fmt.Sprintf("it is more than one site: %d are told apart", maxSites))
	}
	if s.proven {
		why = append(why, "goroutine leak profile: nothing can ever wake them up")
	}
	return why
}
