package compare

import (
	"fmt"
	"math"

	"github.com/govitals/govitals/internal/text"
)

// cost is something that each request has, in the ratio of the two sides.
type cost struct {
	name, title string
	value       func(segment) float64
	// worse and same are the limits for the ratio, apart the one for worse where the two
	// were not seen at the same time, when machines were busy with other things. floor is
	// the difference in seconds below which nothing is said.
	worse, apart, same, floor float64
	waiting                   bool // it grows with load, as all that waits does
	shown                     bool
}

var costs = []cost{
	{name: "cpu_per_request", title: "CPU per request", worse: 1.08, apart: 1.25, same: 1.15, value: cpuPerRequest},
	{name: "latency_p50", title: "latency p50", worse: 1.15, apart: 1.5, same: 1.3, floor: 50e-6, waiting: true, value: func(s segment) float64 { return s.p50 }},
	{name: "latency_p90", title: "latency p90", worse: 1.2, apart: 1.7, same: 1.5, floor: 200e-6, waiting: true, value: func(s segment) float64 { return s.p90 }},
	{name: "latency_p99", title: "latency p99", worse: 1.25, apart: 2, same: 1.7, floor: 500e-6, waiting: true, value: func(s segment) float64 { return s.p99 }},
	{name: "latency_max", title: "latency max", waiting: true, shown: true, value: func(s segment) float64 { return s.longest }},
}

func cpuPerRequest(s segment) float64 {
	if s.requests < 1 {
		return 0
	}
	return s.cpu / s.requests
}

func (c *cost) compare(p *pair) (m Measure, ok bool) {
	var canary, stable []float64
	p.both(func(a, b segment) {
		if x, y := c.value(a), c.value(b); x > 0 && y > 0 {
			canary, stable = append(canary, x), append(stable, y)
		}
	})
	if len(canary) == 0 {
		return m, false
	}
	m = Measure{Name: c.name, Title: c.title, Unit: "s", Canary: geometric(canary), Stable: geometric(stable)}
	r, enough := ratio(canary, stable)
	if !enough {
		m.Verdict, m.Why = NotYet, fmt.Sprintf("%s of %d that are needed", text.Count(len(canary), "reading"), leastSegments)
		return m, true
	}
	m.Ratio = &r
	m.Verdict, m.Why = c.judge(p, r, m.Stable)
	return m, true
}

func (c *cost) judge(p *pair, r Interval, stable float64) (Verdict, string) {
	span := fmt.Sprintf("%s times (%s to %s)", times(r.Value), times(r.Low), times(r.High))
	limit := c.worse
	if !p.together {
		limit = c.apart
	}
	switch low := r.Low * c.charity(p); {
	case c.shown:
		return Shown, "not judged: the longest of few says little; " + span
	case r.High < c.same:
		return Same, fmt.Sprintf("%s: up to %s is tolerated", span, times(c.same))
	case (r.High-1)*stable < c.floor:
		return Same, fmt.Sprintf("%s, a difference below %s", span, text.Figure(c.floor, "s"))
	case r.Low <= c.worse:
		return NotYet, span + ", which chance may explain"
	case r.Low <= limit:
		return NotComparable, fmt.Sprintf("%s, but not at the same time: what else the machines did may explain up to %s", span, times(limit))
	case c.waiting && p.load > 1.25:
		return NotComparable, fmt.Sprintf("%s, but the canary has %s times the requests, and waiting grows with load", span, times(p.load))
	case low <= limit:
		return NotComparable, fmt.Sprintf("%s, but the canary has %s times the requests: what does not depend on them weighs more", span, times(p.load))
	}
	return Worse, span
}

// charity is what a ratio is multiplied by to give the canary the benefit of its
// load. With fewer requests each bears more of the fixed cost; at worst all of the
// cost is fixed. Latency has less of that: caches that cool, processors that sleep.
func (c *cost) charity(p *pair) float64 {
	switch less := min(p.load, 1); {
	case p.load == 0:
		return 1
	case c.waiting:
		return math.Sqrt(less)
	default:
		return less
	}
}

// geometric is the mean in which a value that stands out counts for little.
func geometric(values []float64) float64 {
	var sum float64
	for _, x := range values {
		sum += math.Log(x)
	}
	return math.Exp(sum / float64(len(values)))
}

func times(x float64) string { return text.Number(x) }
