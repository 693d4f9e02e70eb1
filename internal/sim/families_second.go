package sim

import "math"

// everyNth keeps a point about every so many minutes.
func everyNth(p *plan, every func(m float64) float64) func(float64) bool {
	next := 0.0
	return func(m float64) bool {
		if m < next {
			return false
		}
		next = m + every(m)*uniform(p.rnd, 0.6, 1.4)
		return true
	}
}

func sparse(p *plan) {
	p.load = day(p.rnd, 0.1, 0.5)
	every := math.Exp(uniform(p.rnd, math.Log(2), math.Log(40)))
	p.keep = everyNth(p, func(m float64) float64 { return every / p.load(m) })
}

func missing(p *plan) {
	p.load = day(p.rnd, 0.1, 0.6)
	gaps := times(p.rnd, 1+p.rnd.IntN(3))
	length := uniform(p.rnd, 1, 10) * 60
	p.keep = func(m float64) bool {
		for _, gap := range gaps {
			if m >= gap && m < gap+length {
				return false
			}
		}
		return p.rnd.IntN(3) > 0
	}
}

// tenants: the second one brings data of its own, which warms up.
func tenants(p *plan) {
	one, two := day(p.rnd, 0.2, 0.6), day(p.rnd, 0.2, 0.8)
	arrives := uniform(p.rnd, 2, 60) * 60
	weight, size, tau := uniform(p.rnd, 0.2, 0.8), uniform(p.rnd, 0.1, 0.6), uniform(p.rnd, 5, 90)
	p.settled = arrives + 5*tau
	heavy := uniform(p.rnd, 0.5, 2) // memory per request, against the first
	second := func(m float64) float64 {
		if m < arrives {
			return 0
		}
		return weight * two(m)
	}
	p.load = func(m float64) float64 { return one(m) + second(m) }
	p.extra = func(m float64) float64 {
		return size*filling(m, arrives, tau) + p.share*(heavy-1)*second(m)
	}
}

// drop empties a cache, which fills again.
func drop(p *plan) {
	diurnal(p)
	every, size, tau := uniform(p.rnd, 5, 30)*60, uniform(p.rnd, 0.1, 0.6), uniform(p.rnd, 5, 60)
	p.extra = func(m float64) float64 { return size * filling(math.Mod(m, every), 0, tau) }
	p.settled = 5 * tau
}

// lag: sessions live on after the requests that made them.
func lag(p *plan) {
	load, late := day(p.rnd, 0.2, 0.7), uniform(p.rnd, 15, 60)
	p.load = load
	p.extra = func(m float64) float64 { return p.share * (load(m-late) - load(m)) }
}
