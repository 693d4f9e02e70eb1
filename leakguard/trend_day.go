package leakguard

import "time"

// isDaily reports whether the value was as high at this time of the day before,
// when the growth of a window says that it should have been lower: by half of
// what it claims to have grown since then.
func (t *Trend) isDaily(e *evidence) bool {
	day := float64(24*time.Hour) / float64(t.config.resolution())
	for k := range t.tiers {
		if (bucketCount-2)<<k <= int(day) {
			continue
		}
		perLoad := 0.0
		if e.window.loads {
			perLoad = e.fit.elasticity * e.window.scaleX / e.window.scaleY
		}
		tier := &t.tiers[k]
		now, ok := t.around(k, tier.newest-1, perLoad)
		before, too := t.around(k, tier.newest-1-int64(day)>>k, perLoad)
		claimed := e.fit.slope * e.window.level * min(e.window.span, day)
		return ok && too && now-before < claimed/2
	}
	return false
}

// around returns the mean of two buckets of the latest life, the share of the
// load taken out.
func (t *Trend) around(k int, number int64, perLoad float64) (mean float64, ok bool) {
	tier := &t.tiers[k]
	for n := number - 1; n <= number; n++ {
		if n<<k < t.lives[t.lifeN-1].first || n <= tier.newest-bucketCount || tier.at(n).points == 0 {
			return 0, false
		}
		b := tier.at(n)
		mean += b.value / 2
		if !isNaN(b.load) {
			mean -= perLoad * float64(b.load) / 2
		}
	}
	return mean, true
}
