package compare

import (
	"math"

	"github.com/govitals/govitals/internal/text"
)

// failures compares the share of requests that failed. What fails comes in bursts, so
// the difference must be four standard errors, and ten requests.
func failures(p *pair) (m Measure, ok bool) {
	cf, cn := sumFailed(p.canary)
	sf, sn := sumFailed(p.stable)
	if p.load == 0 || cn == 0 || sn == 0 {
		return m, false
	}
	m = Measure{Name: "failed", Title: "failed requests", Unit: "1", Canary: cf / cn, Stable: sf / sn}
	pooled := min((cf+sf)/(cn+sn), 1) // sums are not exact
	err := math.Sqrt(pooled * (1 - pooled) * (1/cn + 1/sn))
	d := Interval{m.Canary - m.Stable, m.Canary - m.Stable - 4*err, m.Canary - m.Stable + 4*err}
	m.Difference = &d
	said := text.Number(100*m.Canary) + " % against " + text.Number(100*m.Stable) + " %"
	switch {
	case d.Low > 0 && cf-sf*cn/sn >= 10:
		m.Verdict, m.Why = Worse, said
	case d.High <= 0.01:
		m.Verdict, m.Why = Same, said
	default:
		m.Verdict, m.Why = NotYet, said+", which chance may explain"
	}
	return m, true
}

func sumFailed(all []segment) (failed, requests float64) {
	for _, s := range all {
		failed, requests = failed+s.failed, requests+s.requests
	}
	return failed, requests
}
