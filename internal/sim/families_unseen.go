package sim

import "math"

// halfday is deployed twice a day at the same hours, and warms up for as long as an hour
// or more.
func halfday(p *plan) { deployedEach(p, 12, 30, 10, 60) }

// relevel has one to three new levels, which nobody announces, beside the day.
func relevel(p *plan) {
	steps(p)
	diurnal(p)
}

// amplitude: the load of each day swings by another amount, as at the end of a week.
func amplitude(p *plan) {
	usual, swings := day(p.rnd, 0.3, 0.8), make([]float64, Hours/24+1)
	for i := range swings {
		swings[i] = uniform(p.rnd, 0.2, 1)
	}
	p.load = func(m float64) float64 {
		at := m / (24 * 60)
		today := int(at)
		swing := swings[today] + (at-float64(today))*(swings[min(today+1, len(swings)-1)]-swings[today])
		return max(1+swing*(usual(m)-1), 0.05)
	}
}

// swing: something that is held comes and goes within hours, whatever the load is.
func swing(p *plan) {
	diurnal(p)
	size, every, phase := uniform(p.rnd, 0.01, 0.05), uniform(p.rnd, 5, 11)*60, uniform(p.rnd, 0, 2*math.Pi)
	p.extra = func(m float64) float64 { return size * (1 + math.Sin(2*math.Pi*m/every+phase)) }
}

// autoscale: the load rises for hours until another instance takes its part of it.
func autoscale(p *plan) {
	usual, every, rise := day(p.rnd, 0.1, 0.4), uniform(p.rnd, 3, 8)*60, uniform(p.rnd, 0.2, 0.8)
	phase := uniform(p.rnd, 0, 1)
	p.load = func(m float64) float64 { return usual(m) * (1 + rise*math.Mod(m/every+phase, 1)) }
}
