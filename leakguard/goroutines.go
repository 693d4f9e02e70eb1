package leakguard

import (
	"fmt"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// GoroutinesConfig configures [Goroutines]. The zero value is recommended.
type GoroutinesConfig struct {
	// Resolution is the pace of the detector, from 1ms to 1h: about the time
	// between two calls of Step. All windows, graces and holds are fixed
	// multiples of it. Default: 1m.
	Resolution time.Duration
	// PauseBudget is the longest stop of the world that may be caused to
	// confirm a suspicion with a dump of all goroutines, as far as it can be
	// foretold. Where a dump would take longer, sites are judged without and
	// never rise above Suspect; 1ns forbids dumps. Default: 25ms.
	PauseBudget time.Duration
}

// Validate returns an error that names the field that is wrong.
func (c GoroutinesConfig) Validate() error {
	if c.Resolution != 0 && (c.Resolution < time.Millisecond || c.Resolution > time.Hour) {
		return fmt.Errorf("leakguard: GoroutinesConfig.Resolution is %v: use 1ms to 1h, or 0 for 1m", c.Resolution)
	}
	if c.PauseBudget < 0 {
		return fmt.Errorf("leakguard: GoroutinesConfig.PauseBudget is %v: use more than 0, or 0 for 25ms", c.PauseBudget)
	}
	return nil
}

func (c GoroutinesConfig) withDefaults() GoroutinesConfig {
	if c.Resolution == 0 {
		c.Resolution = time.Minute
	}
	if c.PauseBudget == 0 {
		c.PauseBudget = 25 * time.Millisecond
	}
	return c
}

// Goroutines finds the places of the program where goroutines pile up: each
// function that is started with go, and where its goroutines wait, is a site of
// its own. Nothing happens but in Step and Read:
//
//	goroutines := leakguard.NewGoroutines(leakguard.GoroutinesConfig{})
//	for at := range ticker { // about once a minute, best with some jitter
//		goroutines.Step(at)
//		for _, v := range goroutines.Verdicts() { log.Print(v) }
//	}
//
// A site is suspected if the least number of goroutines that it had in each of
// several windows of 10 (or of 60) Resolutions rises, never falls, and rises
// more than the work that the process does. A suspicion is confirmed by two
// dumps of all goroutines some minutes apart: those that pile up are still
// there, and have not run in between. A pool that fills slowly is thereby told
// from a leak. While nothing is suspected no dump is taken. The first 60
// Resolutions are not judged. A verdict ends when most of what piled up has
// gone, or after the growth stopped: that it leaks after six hours (360 Resolutions),
// a suspicion after one.
//
// It is a [Signal] named "goroutines", a [Blamer] and a finding.Source. All
// methods may be called from any goroutine.
//
// # Cost
//
// A Step in which no goroutine was started since the last one is a read of
// runtime/metrics, below a microsecond, and allocates nothing. Otherwise it
// takes a goroutine profile, which pauses the program twice for some ten
// microseconds, takes 1 to 4 µs of one core for each goroutine, and meanwhile
// 370 B for each. Profiles are put off so that they take at most 0.1 % of one
// core; below a Resolution of a minute proportionally more, up to 5 %.
//
// A dump stops the program for 4 to 30 µs for each goroutine, but not when that
// is foreseen to exceed PauseBudget: by default up to about 3,000 goroutines
// are dumped. A leak takes two to four dumps, a pool that fills two per hour; the first
// one stops the program up to four times where stacks are deep.
//
// At most 1,024 sites of 256 B each are kept, the rest is one site named
// "(other)".
//
// # What it cannot see
//
// Ages are printed in whole minutes: below a Resolution of a minute a goroutine
// that lives on and runs now and then counts like one that is stuck. Members of
// a pool, or idle connections, that become more while each is used less than
// once in some minutes look like a leak. Goroutines that pile up but run now and
// then, such as a ticker for each call, are reported as Suspect after a day of
// growth only, since a pool that fills looks the same until then. Without dumps
// a pool that fills, and sometimes a long warm-up, is a Suspect. A stack deeper
// than 32 frames is known by its innermost function only.
type Goroutines struct {
	config GoroutinesConfig
	source goroutineSource

	stepping sync.Mutex // held during a step; guards what follows
	began    time.Time
	clockSet time.Duration // by how much the clock was set since
	counted  goroutineCounts
	seen     goroutineCounts // at the latest profile
	pace     profilePace
	table    siteTable
	clock    siteClock
	dumps    dumpJudge
	provenAt time.Time

	mu       sync.Mutex // held for a moment only; guards what follows
	verdicts []SiteVerdict
	read     goroutineCounts // at the latest Read
}

// goroutineCounts are the two figures of the runtime at one time.
type goroutineCounts struct {
	at      time.Time
	live    uint64
	created uint64
}

// NewGoroutines returns a detector that has seen nothing yet. It panics with
// the error of [GoroutinesConfig.Validate].
func NewGoroutines(config GoroutinesConfig) *Goroutines {
	return newGoroutines(config, &runtimeSource{})
}

func newGoroutines(config GoroutinesConfig, source goroutineSource) *Goroutines {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	config = config.withDefaults()
	return &Goroutines{
		config: config,
		source: source,
		table:  siteTable{sites: make(map[stacks.Site]*site)},
		clock:  newSiteClock(config.Resolution),
		pace:   profilePace{resolution: config.Resolution},
		dumps:  dumpJudge{resolution: config.Resolution, budget: config.PauseBudget},
	}
}

// Step takes one sample, as of the given time. Call it about once per
// Resolution; what comes faster is cheap. A time that is not after the one of
// the call before is passed over.
func (g *Goroutines) Step(at time.Time) {
	g.stepping.Lock()
	defer g.stepping.Unlock()
	at = g.since(at)
	if !g.counted.at.IsZero() && !at.After(g.counted.at) {
		return
	}
	g.counted.at = at
	g.counted.live, g.counted.created = g.source.counts()
	if !g.pace.due(at) || !g.sample() {
		return
	}
	closed := g.clock.add(g.counted)
	if closed {
		g.table.close(&g.clock)
		g.table.judge(&g.clock)
	}
	if closed || g.dumps.pending(&g.table, at) {
		g.dumps.step(g.counted, g.source, &g.table)
		g.prove(at)
		g.publish()
	}
}

// since returns a time as the clock of the first step would show it. Sites keep their
// times as numbers, and a clock that is set must not end a suspicion nor make it old.
func (g *Goroutines) since(at time.Time) time.Time {
	if g.began.IsZero() {
		g.began = at
	}
	same := g.began.Add(at.Sub(g.began))
	g.clockSet = at.Round(0).Sub(same.Round(0))
	return same
}

// sample brings the counts of the sites up to date. A site cannot have grown if
// no goroutine was started since the latest profile, so there is none then.
func (g *Goroutines) sample() bool {
	if !g.seen.at.IsZero() && g.counted.created == g.seen.created {
		g.pace.skipped(g.counted.at)
		return true
	}
	g.table.begin()
	cost, ok := g.source.profile(g.table.count)
	g.pace.took(g.counted.at, cost)
	if !ok {
		return false
	}
	g.table.end()
	g.seen = g.counted
	g.dumps.profiled(g.counted.live, cost)
	return true
}
