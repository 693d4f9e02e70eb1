package benchmarks

import (
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/sim"
)

const (
	// ruleLives are played per family, so many healthy and so many with a leak.
	ruleLives = 20
	// ruleFirst is a seed that nobody looked at while rules were tuned.
	ruleFirst = 20_000_001
	// ruleLeak is the share of the level that leaks per hour.
	ruleLeak = 0.01
	// headroom is the memory limit of a process, in multiples of the most that it
	// holds when it is healthy.
	headroom = 1.5
)

// ruleCase is a contestant of BenchmarkDetectorRules.
type ruleCase struct {
	name string
	new  func(limit float64) sim.Detector
}

func ruleCases() []ruleCase {
	inProcess := func(start func(limit float64) rule) func(float64) sim.Detector {
		return func(limit float64) sim.Detector {
			begin := func() rule { return start(limit) }
			return &ruleJudge{rule: begin(), afresh: begin}
		}
	}
	outside := func(start func(limit float64) rule) func(float64) sim.Detector {
		return func(limit float64) sim.Detector { return &ruleJudge{rule: start(limit)} }
	}
	return []ruleCase{
		{"Trend", func(float64) sim.Detector { return newTrendJudge() }},
		{"Trend-load-not-told", func(float64) sim.Detector { return untold{newTrendJudge()} }},
		{"holmes", inProcess(holmesRule)},
		{"deriv-10m", outside(derivRule)},
		{"predict_linear-6h", outside(predictRule)},
		{"day-minima", outside(minimaRule)},
		{"memwatch", inProcess(memwatchRule)},
	}
}

// BenchmarkDetectorRules compares the verdict Leaking with rules that are in use:
// how many leaks of 1 %/h they find, how many healthy lives they call leaking, and
// how often. A life is 72 hours of live memory after a collection, a value a minute;
// all families are played but the one of caches that fill for longer than a day.
// Rules that need a memory limit are told one; Trend needs none.
//
//	go test -run '^$' -bench DetectorRules -benchtime 1x
func BenchmarkDetectorRules(b *testing.B) {
	for _, c := range ruleCases() {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				playRule(c).report(b)
			}
		})
	}
}

// ruleScore is what a rule did in all lives.
type ruleScore struct {
	found, leaks     int
	alarmed, healthy int
	alarms           int // in healthy lives, each time that one begins
	delays           []time.Duration
}

func (s ruleScore) report(b *testing.B) {
	weeks := float64(s.healthy) * sim.Hours / (7 * 24)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(s.found), "found")
	b.ReportMetric(float64(s.leaks), "leaks")
	b.ReportMetric(float64(s.alarmed), "alarmed")
	b.ReportMetric(float64(s.healthy), "healthy")
	b.ReportMetric(float64(s.found)/float64(s.leaks), "found/leaks")
	b.ReportMetric(float64(s.alarmed)/float64(s.healthy), "alarmed/healthy")
	b.ReportMetric(float64(s.alarms)/weeks, "alarms-a-healthy-week")
	if s.found > 0 {
		b.ReportMetric(sim.Median(s.delays).Hours(), "hours-to-alarm")
	}
}

// playRule plays all families at once.
func playRule(c ruleCase) (sum ruleScore) {
	var group sync.WaitGroup
	var lock sync.Mutex
	for _, family := range sim.Families() {
		if family.Group == sim.Endless {
			continue
		}
		group.Go(func() {
			s := c.play(family)
			lock.Lock()
			defer lock.Unlock()
			sum.add(s)
		})
	}
	group.Wait()
	return sum
}

func (s *ruleScore) add(more ruleScore) {
	s.found += more.found
	s.leaks += more.leaks
	s.alarmed += more.alarmed
	s.healthy += more.healthy
	s.alarms += more.alarms
	s.delays = append(s.delays, more.delays...)
}

func (c ruleCase) play(family sim.Family) (s ruleScore) {
	for i := range uint64(ruleLives) {
		healthy := family.Make(ruleFirst+i, 0)
		counted := &alarmCounter{Detector: c.new(headroom * highest(healthy))}
		s.healthy++
		if sim.Run(healthy, counted).Leaking != sim.Never {
			s.alarmed++
		}
		s.alarms += counted.alarms

		seed := ruleFirst + 100_000 + i
		limit := headroom * highest(family.Make(seed, 0))
		s.leaks++
		if after := sim.Run(family.Make(seed, ruleLeak), c.new(limit)).Leaking; after != sim.Never {
			s.found++
			s.delays = append(s.delays, after)
		}
	}
	return s
}

func highest(life sim.Life) (highest float64) {
	for _, p := range life.Points {
		highest = max(highest, p.Value)
	}
	return highest
}

// alarmCounter counts how often a detector begins to say Leaking.
type alarmCounter struct {
	sim.Detector
	alarms int
	on     bool
}

func (c *alarmCounter) Judge() (state finding.State, low, high float64) {
	state, low, high = c.Detector.Judge()
	on := state == finding.Leaking
	if on && !c.on {
		c.alarms++
	}
	c.on = on
	return state, low, high
}

// untold keeps the load from a detector. The rules do not know it either.
type untold struct{ sim.Detector }

func (u untold) Add(at time.Time, value, _ float64) { u.Detector.Add(at, value, sim.Untold) }

// ruleJudge puts a rule to the test. What it says between two questions counts.
type ruleJudge struct {
	rule   rule
	afresh func() rule // what a new process begins with, nil for a rule outside of it
	raised bool
}

func (j *ruleJudge) Add(at time.Time, value, _ float64) {
	if j.rule(at, value) {
		j.raised = true
	}
}

func (j *ruleJudge) Regime() {}

func (j *ruleJudge) Restart() {
	if j.afresh != nil {
		j.rule = j.afresh()
	}
}

func (j *ruleJudge) Judge() (state finding.State, low, high float64) {
	state = finding.OK
	if j.raised {
		state = finding.Leaking
	}
	j.raised = false
	return state, 0, 0
}
