// Package decay keeps the distribution of a figure in fixed memory and forgets
// the old slowly, so that a week can be summed up by its percentiles.
//
//	h := decay.New(decay.Config{Least: 1 << 20, Most: 1 << 44, Ratio: 1.05, HalfLife: 24 * time.Hour})
//	h.Add(at, value, 1)
//	p90, ok := h.Quantile(0.9)
//
// [Peaks] does the same for the highest value of each hour, or of another
// interval: what a limit has to hold is the peak, not the average.
//
// # How it works
//
// Bucket i holds the values in (Least·Ratioⁱ⁻¹, Least·Ratioⁱ]. A value that is
// read back is the upper edge of its bucket: never below what was added, and
// above it by less than Ratio.
//
// A value added at time t weighs weight·2^((t-t₀)/HalfLife), where t₀ is a fixed
// landmark. Since quantiles compare weights with each other only, that equals
// halving all the older ones each half-life, without touching them ("Forward
// Decay", Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009). The landmark moves
// before the weights overflow.
//
// # Cost
//
// Eight bytes per bucket, stated by [Config]: log(Most/Least)/log(Ratio)+2 of
// them, at most 1,024. Add is a logarithm and an addition and allocates
// nothing; a quantile walks all buckets.
//
// # What it cannot see
//
// Order and time: only how much of which size there was. A time before the
// latest one counts as the latest: a clock that is set back neither revives nor
// ages anything.
package decay
