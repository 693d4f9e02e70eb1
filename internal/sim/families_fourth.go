package sim

import "math"

// daily is deployed each day at about the same hour, so that each of its lives sees
// the same rise and fall of the load, and warms up for an hour or more.
func daily(p *plan) { deployedEach(p, 24, 45, 15, 75) }

// deployedEach restarts a plan each so many hours, up to so many minutes late, and warms
// up with a time constant within bounds.
func deployedEach(p *plan, hours, jitter, shortest, longest float64) {
	diurnal(p)
	size, tau, first := uniform(p.rnd, 0.1, 1), uniform(p.rnd, shortest, longest), uniform(p.rnd, 1, hours-1)*60
	begins := []float64{0}
	for begin := first; begin < Hours*60; begin += hours * 60 {
		begins = append(begins, math.Floor(begin+uniform(p.rnd, 0, jitter)))
	}
	p.extra = reborn(p, begins, func(float64) float64 { return size }, tau)
	p.settled = 5 * tau
}

// crashes restarts at random, and each life warms up by an amount of its own.
func crashes(p *plan) {
	mean, tau := uniform(p.rnd, 4, 20)*60, uniform(p.rnd, 5, 50)
	p.load = day(p.rnd, 0.1, 0.5)
	begins, sizes := []float64{0}, map[float64]float64{0: uniform(p.rnd, 0.1, 0.8)}
	for begin := 0.0; ; {
		begin = math.Floor(begin + 10 + mean*p.rnd.ExpFloat64())
		if begin >= Hours*60 {
			break
		}
		begins, sizes[begin] = append(begins, begin), uniform(p.rnd, 0.1, 0.8)
	}
	p.extra = reborn(p, begins, func(begin float64) float64 { return sizes[begin] }, tau)
	p.settled = 5 * tau
}

// compaction lets something grow in a straight line for hours and drops it.
func compaction(p *plan) {
	diurnal(p)
	every, size, phase := uniform(p.rnd, 1, 8)*60, uniform(p.rnd, 0.05, 0.5), uniform(p.rnd, 0, 1)
	p.extra = func(m float64) float64 { return size * math.Mod(m/every+phase, 1) }
}

// concave memory follows the load by less the more there is of it.
func concave(p *plan) {
	load, power := day(p.rnd, 0.2, 0.8), uniform(p.rnd, 0.3, 0.8)
	p.load = load
	p.extra = func(m float64) float64 { return p.share * (math.Pow(load(m), power) - load(m)) }
}

// surge: on top of the day the load rises for half a day or more, stays, and goes.
func surge(p *plan) {
	usual := day(p.rnd, 0.1, 0.5)
	begin, rise, stay := uniform(p.rnd, 2, 30)*60, uniform(p.rnd, 10, 30)*60, uniform(p.rnd, 1, 10)*60
	size := uniform(p.rnd, 0.3, 1.5)
	p.load = func(m float64) float64 {
		up, down := (m-begin)/rise, (m-begin-rise-stay)/rise
		return usual(m) * (1 + size*(min(max(up, 0), 1)-min(max(down, 0), 1)))
	}
}
