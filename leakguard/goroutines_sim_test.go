package leakguard

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var simSeeds = flag.Int("goroutines.seeds", 1, "seeds of each simulated simScenario; 40 for the table in the documentation")

// simFirst chooses seeds on which no threshold was tuned: those from 0 to 39
// and from 1000 to 1039 were.
var simFirst = flag.Uint64("goroutines.first", 2000, "first seed of the simulated scenarios")

const (
	simDay   = 24 * 60.0
	simEnd   = 2 * simDay
	simStart = 12 * 60.0 // of the leaks
)

// simScenario is a shape of load, and what is simEvent.
type simScenario struct {
	name string
	load func(p *simProcess) func(t float64) float64
	simEvent
	clean   bool
	maximum float64 // minutes until it must be found, 0 = no promise
}

// simEvent prepares a process and returns what happens at each step.
type simEvent func(p *simProcess, load func(float64) float64) func(t, took float64)

func simFlat(*simProcess) func(float64) float64 { return func(float64) float64 { return 1 } }

func simDiurnal(*simProcess) func(float64) float64 {
	return func(t float64) float64 { return math.Pow(10, (math.Sin(2*math.Pi*t/simDay)-1)/2) }
}

func simStepUp(*simProcess) func(float64) float64 {
	return func(t float64) float64 {
		if t > 20*60 {
			return 2
		}
		return 1
	}
}

func simDiurnalGrowing(*simProcess) func(float64) float64 {
	return func(t float64) float64 {
		return math.Pow(3, math.Sin(2*math.Pi*t/simDay)/2) * (1 + 0.3*t/simEnd)
	}
}

func simSpikes(p *simProcess) func(float64) float64 {
	at := p.spikeTimes()
	return func(t float64) float64 {
		for _, s := range at {
			if t >= s && t < s+10 {
				return 5
			}
		}
		return 1
	}
}

// spikeTimes are the same each time they are asked for.
func (p *simProcess) spikeTimes() (at []float64) {
	for t := 60.0; t < simEnd; t += 150 + float64(len(at)*37%60) {
		at = append(at, t)
	}
	return at
}

func simWarmUp(p *simProcess) func(float64) float64 {
	return func(t float64) float64 { return 0.1 + 0.9*min(1, t/180) }
}

func simNothing(*simProcess, func(float64) float64) func(float64, float64) { return nil }

func simSlowPool(p *simProcess, _ func(float64) float64) func(float64, float64) {
	return p.fillPool(1.5)
}

func simIdlePool(p *simProcess, _ func(float64) float64) func(float64, float64) {
	return p.fillPool(10)
}

func (p *simProcess) fillPool(runs float64) func(float64, float64) {
	fills := (8 + 12*p.rng.Float64()) * 60
	p.add(&simSite{
		name: simName("pool"), lasts: simForEver, runs: runs,
		size: func(t float64) float64 { return 200 * min(1, t/fills) },
	})
	return nil
}

// simMixed lets goroutines leak where healthy ones are too.
func simMixed(name string) simEvent {
	return func(p *simProcess, load func(float64) float64) func(float64, float64) {
		happens := simPerMinute(1)(p, load)
		for _, s := range p.sites[:len(p.sites)-1] {
			if s.name == simName(name) {
				s.name = simName("leak")
			}
		}
		return happens
	}
}

// simLeakOf starts goroutines that stay, so many per minute.
func simLeakOf(rate func(t float64) float64) simEvent {
	return func(p *simProcess, load func(float64) float64) func(float64, float64) {
		s, owed := p.add(&simSite{name: simName("leak"), runs: simForEver}), p.rng.Float64()
		return func(t, took float64) {
			if t >= simStart {
				owed += rate(t) * took
				p.spawn(s, int(owed))
				owed -= math.Floor(owed)
			}
		}
	}
}

func simLeakByLoad(p *simProcess, load func(float64) float64) func(float64, float64) {
	return simLeakOf(func(t float64) float64 { return 2 * load(t) })(p, load)
}

func simLeakBySpike(p *simProcess, load func(float64) float64) func(float64, float64) {
	s, at := p.add(&simSite{name: simName("leak"), runs: simForEver}), p.spikeTimes()
	return func(t, _ float64) {
		for len(at) > 0 && at[0] <= t {
			if at[0] >= simStart {
				p.spawn(s, 20)
			}
			at = at[1:]
		}
	}
}

// simLeakAlive starts 12 goroutines per hour that stay and run every minute.
func simLeakAlive(p *simProcess, _ func(float64) float64) func(float64, float64) {
	s, owed := p.add(&simSite{name: simName("leak"), runs: 0.5}), 0.0
	return func(t, took float64) {
		if owed += took / 5; t >= simStart {
			p.spawn(s, int(owed))
			owed -= math.Floor(owed)
		}
	}
}

func simPerMinute(n float64) simEvent { return simLeakOf(func(float64) float64 { return n }) }

var simScenarios = []simScenario{
	{"flat", simFlat, simNothing, true, 0},
	{"diurnal ×10", simDiurnal, simNothing, true, 0},
	{"step ×2", simStepUp, simNothing, true, 0},
	{"diurnal ×3 +30 %", simDiurnalGrowing, simNothing, true, 0},
	{"spikes ×5", simSpikes, simNothing, true, 0},
	{"warm-up of 3 h", simWarmUp, simNothing, true, 0},
	{"slow pool", simFlat, simSlowPool, true, 0},
	{"slow pool, often idle", simFlat, simIdlePool, true, 0},
	{"leak 1/min", simFlat, simPerMinute(1), false, 60},
	{"leak 1/min, diurnal ×10", simDiurnal, simPerMinute(1), false, 60},
	{"leak 60/min", simFlat, simPerMinute(60), false, 60},
	{"leak 5/h", simFlat, simPerMinute(5. / 60), false, 180},
	{"leak by load, diurnal ×10", simDiurnal, simLeakByLoad, false, 0},
	{"leak of 20 by spike", simSpikes, simLeakBySpike, false, 0},
	{"leak 1/min amid others", simFlat, simMixed("fetch"), false, 0},
	{"leak 1/min amid connections", simFlat, simMixed("conn"), false, 0},
	{"leak of tickers 12/h", simFlat, simLeakAlive, false, 0},
}

// simOutcome is what one life of a process led to. Times are minutes after the
// leak began, NaN for never.
type simOutcome struct {
	suspect, leaking float64
	falseAlarms      map[string]State
	dumps            int
}

func (s simScenario) run(seed uint64, config GoroutinesConfig) simOutcome {
	p := newSim(seed)
	load := s.load(p)
	work := 300 + 600*p.rng.Float64()
	p.add(&simSite{name: simName("handler"), size: func(t float64) float64 { return 20 * load(t) }})
	p.add(&simSite{name: simName("fetch"), size: func(t float64) float64 { return 100 * load(t) }})
	p.add(&simSite{name: simName("conn"), size: func(t float64) float64 { return 80 * load(t) }, lasts: 20, runs: 3})
	p.add(&simSite{name: simName("worker"), size: func(float64) float64 { return 64 }, lasts: simForEver, runs: 1})
	p.add(&simSite{name: simName("parked"), size: func(float64) float64 { return 30 }, lasts: simForEver, runs: simForEver})
	happens := s.simEvent(p, load)
	g := newGoroutines(config, p)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	o := simOutcome{suspect: math.NaN(), leaking: math.NaN(), falseAlarms: map[string]State{}}
	for t := 1.0; t < simEnd; t++ {
		at := t + p.rng.Float64()/4
		took := at - p.at
		p.advance(at, work*load(at))
		if happens != nil {
			happens(at, took)
		}
		g.Step(start.Add(time.Duration(at * float64(time.Minute))))
		for _, v := range g.Verdicts() {
			o.saw(v, at-simStart)
		}
	}
	o.dumps = p.dumps
	return o
}

func (o *simOutcome) saw(v SiteVerdict, after float64) {
	if v.Site != "main.leak" {
		o.falseAlarms[v.Site] = v.State
		return
	}
	if math.IsNaN(o.suspect) {
		o.suspect = after
	}
	if math.IsNaN(o.leaking) && v.State == Leaking {
		o.leaking = after
	}
}

// TestSimulatedTwoDays prints what the detector says about two days of each
// kind of process, with dumps and without.
func TestSimulatedTwoDays(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	budgets := []time.Duration{0, 1}
	if *simSeeds == 1 { // without dumps nothing is promised, only shown
		budgets = budgets[:1]
	}
	rows := make([]string, len(budgets)*len(simScenarios))
	t.Run("lives", func(t *testing.T) {
		for i, budget := range budgets {
			for j, s := range simScenarios {
				t.Run(fmt.Sprintf("%s budget %v", s.name, budget), func(t *testing.T) {
					t.Parallel()
					rows[i*len(simScenarios)+j] = s.check(t, budget)
				})
			}
		}
	})
	t.Logf("process | false alarms | suspect after (median, worst) | leak after | dumps per life, twice: with and without dumps\n%s", strings.Join(rows, "\n"))
}

// check returns a row of the table.
func (s simScenario) check(t *testing.T, budget time.Duration) string {
	var suspect, leaking []float64
	alarms, dumps := 0, 0
	for seed := range uint64(*simSeeds) {
		o := s.run(*simFirst+seed, GoroutinesConfig{PauseBudget: budget})
		if len(o.falseAlarms) > 0 {
			alarms++
			t.Logf("seed %d: %v", *simFirst+seed, o.falseAlarms)
		}
		if budget == 0 && !s.clean {
			s.checkDelay(t, o)
		}
		suspect, leaking, dumps = append(suspect, o.suspect), append(leaking, o.leaking), dumps+o.dumps
	}
	if budget == 0 && alarms > 0 {
		t.Errorf("%d of %d seeds raised a false alarm", alarms, *simSeeds)
	}
	return fmt.Sprintf("| %s | %d of %d | %s | %s | %.1f |", s.name, alarms, *simSeeds,
		simSpread(suspect), simSpread(leaking), float64(dumps)/float64(*simSeeds))
}

func (s simScenario) checkDelay(t *testing.T, o simOutcome) {
	if math.IsNaN(o.suspect) {
		t.Error("not found")
	}
	if s.maximum > 0 && !(o.leaking <= s.maximum) {
		t.Errorf("called a leak after %.0f minutes, want %.0f at most", o.leaking, s.maximum)
	}
}

// simSpread writes how many times there are, their median and the worst, in hours.
func simSpread(minutes []float64) string {
	found := slices.DeleteFunc(minutes, math.IsNaN)
	slices.Sort(found)
	if len(found) == 0 {
		return "–"
	}
	return fmt.Sprintf("%d: %.1f h, %.1f h", len(found), found[len(found)/2]/60, found[len(found)-1]/60)
}
