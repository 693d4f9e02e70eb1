package memprof

import "math"

// z95 is the quantile of the normal distribution that leaves 2.5 % above it.
const z95 = 1.959964

// amount is an estimate with its bounds.
type amount struct{ low, value, high float64 }

// estimate bounds what was sampled. spread is the variance per byte, at most
// the sampling rate. The variance is taken at the bounds rather than at the
// estimate (a score interval, Wilson 1927): it holds for a handful of samples,
// and even none, and is 1.96·sqrt(spread·value) for many.
func estimate(value, spread float64) amount {
	half := z95 * z95 * spread / 2
	width := math.Sqrt(z95*z95*spread*value + half*half)
	return amount{max(0, value+half-width), value, value + half + width}
}

// less returns the bounds of the difference of two independent estimates, from
// the bounds of each (Zou and Donner 2008).
func (a amount) less(b amount) amount {
	d := a.value - b.value
	return amount{
		low:   d - math.Hypot(a.value-a.low, b.high-b.value),
		value: d,
		high:  d + math.Hypot(a.high-a.value, b.value-b.low),
	}
}
