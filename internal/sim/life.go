package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Hours is how long a life lasts.
const Hours = 72

// Point is what a detector is told at one time.
type Point struct {
	At    time.Time // when
	Value float64   // live bytes after a garbage collection
	Load  float64   // allocations per second, Untold if nobody tells
	New   Cut       // what happened just before, and the process knows of it
}

// Untold is a load that nobody tells.
const Untold = -1

// Cut is why levels before and after a point cannot be compared.
type Cut uint8

// What can happen between two points.
const (
	Nothing Cut = iota // nothing that is known
	Regime             // a setting was changed, such as GOGC
	Restart            // another process goes on from what the last one saved
)

// Life is the recording of one process.
type Life struct {
	Family  string    // which family it is of
	Seed    uint64    // from which it can be made again
	Leak    float64   // share of the level that leaks per hour, 0 in a healthy life
	PerHour float64   // the leak in bytes per hour
	Steady  bool      // it leaks at the same rate all the time, not by load
	Onset   time.Time // when the leak begins
	Started time.Time // when the process started, the last time
	Settled time.Time // from when on a healthy life is level but for its load
	Points  []Point
}

// start is when every life begins.
var start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// plan is what a family decides about a life; minutes count from its start.
type plan struct {
	rnd   *rand.Rand
	base  float64 // bytes that do not depend on anything
	noise float64 // standard deviation of a point, relative to the level
	wild  float64 // standard deviation of autocorrelated noise …
	tau   float64 // … and its correlation time in minutes

	load    func(minute float64) float64 // 1 is the usual load
	share   float64                      // of the level that follows the load
	extra   func(minute float64) float64 // what else is held, in multiples of base
	keep    func(minute float64) bool    // whether there is a point, nil for always
	fresh   map[int]bool                 // minutes at which a new life begins
	hints   []int                        // minutes at which only the regime changes
	settled float64                      // minutes until it is level

	onset    float64 // of the leak
	byLoad   bool    // the leak follows the load
	loadSeen float64 // relative error of the load as it is told
	untold   bool    // nobody tells the load
}

func newPlan(rnd *rand.Rand) *plan {
	p := &plan{
		rnd:      rnd,
		base:     math.Exp(uniform(rnd, math.Log(20e6), math.Log(2e9))),
		noise:    uniform(rnd, 0.003, 0.025),
		share:    uniform(rnd, 0.1, 0.6),
		load:     func(float64) float64 { return 1 },
		extra:    func(float64) float64 { return 0 },
		loadSeen: 0.03,
	}
	if rnd.IntN(3) == 0 {
		p.onset = uniform(rnd, 6, 24) * 60
	}
	p.byLoad = rnd.IntN(2) == 0
	return p
}

// play turns a plan into points.
func (p *plan) play(leak float64) []Point {
	points := make([]Point, 0, Hours*60)
	usual := 1000 * uniform(p.rnd, 0.5, 50)
	leaked, drift, wild := 0.0, 0.0, p.rnd.NormFloat64()*p.wild
	pending := Nothing
	for minute := range Hours * 60 {
		m := float64(minute)
		drift = 0.98*drift + 0.2*0.03*p.rnd.NormFloat64() // load wanders by 3 %
		load := max(p.load(m)*(1+drift), 0.01)
		if p.fresh[minute] {
			leaked, pending = 0, Restart
		} else if slices.Contains(p.hints, minute) {
			pending = Regime
		}
		if m >= p.onset {
			leaked += leak / 60 * p.rate(load)
		}
		if p.tau > 0 {
			keep := math.Exp(-1 / p.tau)
			wild = keep*wild + p.wild*math.Sqrt(1-keep*keep)*p.rnd.NormFloat64()
		}
		level := p.base * (1 - p.share + p.share*load + p.extra(m) + wild)
		value := level*(1+p.noise*p.rnd.NormFloat64()) + leaked*p.base
		seen := max(usual*load*(1+p.loadSeen*p.rnd.NormFloat64()), 0)
		if p.untold {
			seen = Untold
		}
		if p.keep != nil && !p.keep(m) {
			continue
		}
		points = append(points, Point{
			At: at(m), Value: max(value, p.base/100), Load: seen, New: pending,
		})
		pending = Nothing
	}
	return points
}

// rate is how much faster than usual a life leaks at some load.
func (p *plan) rate(load float64) float64 {
	if p.byLoad {
		return load
	}
	return 1
}

func at(minute float64) time.Time {
	return start.Add(time.Duration(minute * float64(time.Minute)))
}

func uniform(rnd *rand.Rand, low, high float64) float64 { return low + (high-low)*rnd.Float64() }
