package sim

import "math"

// nightly runs a job for an hour or so of each night, beside a cache that is
// filled for hours and then partly thrown away.
func nightly(p *plan) {
	diurnal(p)
	begin, length, size := uniform(p.rnd, 0, 24*60), uniform(p.rnd, 20, 90), uniform(p.rnd, 0.1, 1)
	churn, every := uniform(p.rnd, 0.02, 0.1), uniform(p.rnd, 2, 6)*60
	p.extra = func(m float64) float64 {
		held := churn * math.Mod(m, every) / every
		if math.Mod(m+begin, 24*60) < length {
			held += size
		}
		return held
	}
}

// deploys restarts the process a few times a day, and each time it warms up.
func deploys(p *plan) {
	diurnal(p)
	size, tau := uniform(p.rnd, 0.1, 0.8), uniform(p.rnd, 5, 40)
	begins := []float64{0}
	for begin := uniform(p.rnd, 6, 10) * 60; begin < Hours*60; begin += uniform(p.rnd, 6, 10) * 60 {
		begins = append(begins, math.Floor(begin))
	}
	p.extra = reborn(p, begins, func(float64) float64 { return size }, tau)
	p.settled = 5 * tau
}

// reborn restarts a plan and fills something anew from each beginning.
func reborn(p *plan, begins []float64, size func(begin float64) float64, tau float64) func(float64) float64 {
	p.fresh = map[int]bool{}
	for _, begin := range begins[1:] {
		p.fresh[int(begin)] = true
	}
	return func(m float64) float64 {
		for len(begins) > 1 && m >= begins[1] {
			begins = begins[1:]
		}
		return size(begins[0]) * filling(m, begins[0], tau)
	}
}

// connections hold memory, and nobody tells how many there are.
func connections(p *plan) {
	p.load, p.untold = day(p.rnd, 0.1, 0.5), true
	begin, size, tau := uniform(p.rnd, 0, 60*60), uniform(p.rnd, -0.2, 0.4), uniform(p.rnd, 5, 60)
	p.extra = func(m float64) float64 { return size * filling(m, begin, tau) }
}

// pareto adds spikes, of which most are small and a few are huge.
func pareto(p *plan) {
	diurnal(p)
	often, alpha, unit := uniform(p.rnd, 0.01, 0.1), uniform(p.rnd, 1.1, 2.5), uniform(p.rnd, 0.01, 0.05)
	until, size := 0.0, 0.0
	p.extra = func(m float64) float64 {
		if m >= until {
			size = 0
			if p.rnd.Float64() < often {
				size = min(unit*math.Pow(p.rnd.Float64(), -1/alpha), 5)
				until = m + uniform(p.rnd, 1, 8)
			}
		}
		return size
	}
}

// plateau grows for some hours in the middle of its life, as when tenants are
// moved in one after the other, and stops.
func plateau(p *plan) {
	diurnal(p)
	begin, length, size := uniform(p.rnd, 1, 48)*60, uniform(p.rnd, 1, 6)*60, uniform(p.rnd, 0.05, 0.5)
	p.extra = func(m float64) float64 { return size * min(max(m-begin, 0)/length, 1) }
	p.settled = begin + length
}
