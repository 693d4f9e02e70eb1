package benchmarks

import (
	"math"
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

// rule says of one value after the other whether it raises the alarm.
type rule func(at time.Time, value float64) bool

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
	families := sim.Families()
	scores := make([]ruleScore, len(families))
	var group sync.WaitGroup
	for i, family := range families {
		if family.Group != sim.Endless {
			group.Go(func() { scores[i] = c.play(family) })
		}
	}
	group.Wait()
	for _, s := range scores {
		sum.found += s.found
		sum.leaks += s.leaks
		sum.alarmed += s.alarmed
		sum.healthy += s.healthy
		sum.alarms += s.alarms
		sum.delays = append(sum.delays, s.delays...)
	}
	return sum
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

// holmesRule is that of holmes for memory, with the figures of its README,
// WithMemDump(30, 25, 80): more than 30 % of the limit and 25 % above the average of
// the ten values before, or more than 80 %.
func holmesRule(limit float64) rule {
	var ring []float64
	return func(_ time.Time, value float64) bool {
		before := ring
		ring = append(ring[max(0, len(ring)-9):], value)
		if len(before) < 10 || value <= 0.30*limit {
			return false
		}
		average := 0.0
		for _, v := range before {
			average += v / 10
		}
		return value > 1.25*average || value > 0.80*limit
	}
}

// derivRule is deriv(x[10m]) > 10 MB/s, of the collection awesome-prometheus-alerts.
func derivRule(float64) rule {
	w := window{length: 10 * time.Minute}
	return func(at time.Time, value float64) bool {
		w.add(at, value)
		slope, _ := w.line()
		return slope > 10e6
	}
}

// predictRule is predict_linear(x[6h], 3d) > limit for 30 minutes. It is spared what
// Prometheus does: it does not speak before it has six hours.
func predictRule(limit float64) rule {
	w := window{length: 6 * time.Hour}
	var begin, since time.Time
	return func(at time.Time, value float64) bool {
		if begin.IsZero() {
			begin = at
		}
		w.add(at, value)
		slope, now := w.line()
		if at.Sub(begin) < w.length || now+slope*(72*time.Hour).Seconds() <= limit {
			since = time.Time{}
			return false
		}
		if since.IsZero() {
			since = at
		}
		return at.Sub(since) >= 30*time.Minute
	}
}

// minimaRule says that the lowest value of a day has risen twice in succession, for
// an hour. Days end now and are counted in whole hours. In a rule for one service
// the least rise is in bytes; here services differ, and it is 2 % of the level.
func minimaRule(float64) rule {
	var hours []float64 // the lowest value of each
	var begin, since time.Time
	return func(at time.Time, value float64) bool {
		if begin.IsZero() {
			begin = at
		}
		for len(hours) <= int(at.Sub(begin).Hours()) {
			hours = append(hours, math.Inf(1))
		}
		last := &hours[len(hours)-1]
		*last = min(*last, value)
		today, yesterday, before := lowestOfDay(hours, 0), lowestOfDay(hours, 1), lowestOfDay(hours, 2)
		if math.IsInf(before, 1) || yesterday <= 1.02*before || today <= 1.02*yesterday {
			since = time.Time{}
			return false
		}
		if since.IsZero() {
			since = at
		}
		return at.Sub(since) >= time.Hour
	}
}

// lowestOfDay returns the lowest of 24 hours that ended some days ago, or +Inf.
func lowestOfDay(hours []float64, daysAgo int) float64 {
	end := max(0, len(hours)-24*daysAgo)
	lowest := math.Inf(1)
	for _, v := range hours[max(0, end-24):end] {
		lowest = min(lowest, v)
	}
	return lowest
}

// memwatchRule is that of memwatch for Node: the heap grew over five successive
// collections.
func memwatchRule(float64) rule {
	last, grown := math.Inf(1), 0
	return func(_ time.Time, value float64) bool {
		if grown++; value <= last {
			grown = 0
		}
		last = value
		return grown >= 5
	}
}

// window is a range of a series, as [10m] is in PromQL.
type window struct {
	length time.Duration
	at     []time.Time
	values []float64
}

func (w *window) add(at time.Time, value float64) {
	w.at, w.values = append(w.at, at), append(w.values, value)
	for at.Sub(w.at[0]) > w.length {
		w.at, w.values = w.at[1:], w.values[1:]
	}
}

// line returns the slope per second and the value at the end of the line of least
// squares, none for less than two points.
func (w *window) line() (slope, end float64) {
	n := float64(len(w.at))
	if n < 2 {
		return 0, math.Inf(-1)
	}
	last := w.at[len(w.at)-1]
	var sx, sy, sxx, sxy float64
	for i, at := range w.at {
		x, y := at.Sub(last).Seconds(), w.values[i]
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	slope = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	return slope, (sy - slope*sx) / n
}
