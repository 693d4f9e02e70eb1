package compare

import (
	"fmt"
	"math"

	"github.com/govitals/govitals/internal/text"
)

// level is how much there is at the same age.
type level struct {
	name, title, unit string
	value             func(segment) float64
	latest            func(Side) float64 // nil if only the same age can be compared
	// times is how many times as much is too much, if it is also floor more.
	times, floor float64
}

var levels = []level{
	{name: "live", title: "live heap", unit: "By", times: 1.5, floor: 16 << 20, value: func(s segment) float64 { return s.live }},
	{name: "goroutines", title: "goroutines", unit: "{goroutine}", times: 2, floor: 100, value: func(s segment) float64 { return s.goroutines }},
	{
		name: "series", title: "series", unit: "{series}", times: 1.5, floor: 100,
		value: func(s segment) float64 { return s.series }, latest: func(s Side) float64 { return s.Series },
	},
}

// compare judges what there is in the last third of the common age. The number of
// series only rises, so that a canary that is younger can be judged at once.
func (l *level) compare(p *pair, canary, stable Side) (m Measure, ok bool) {
	c, s := l.late(p.canary), l.late(p.stable)
	if (c == 0 || s == 0) && l.latest != nil && canary.Uptime <= stable.Uptime {
		c, s = l.latest(canary), l.latest(stable)
	}
	if c == 0 || s == 0 {
		return m, false
	}
	m = Measure{Name: l.name, Title: l.title, Unit: l.unit, Canary: c, Stable: s}
	r := Interval{c / s, c / s, c / s}
	m.Ratio = &r
	said := fmt.Sprintf("%s against %s", text.Figure(math.Round(c), l.unit), text.Figure(math.Round(s), l.unit))
	switch {
	case c <= l.times*s || c-s <= l.floor:
		m.Verdict, m.Why = Same, fmt.Sprintf("%s: up to %s times is tolerated", said, times(l.times))
	case c <= l.times*s*p.overload():
		m.Verdict, m.Why = NotComparable, fmt.Sprintf("%s, but the canary has %s times the requests", said, times(p.load))
	default:
		m.Verdict, m.Why = Worse, fmt.Sprintf("%s, %s times as many", said, times(c/s))
	}
	return m, true
}

// late is the median of the last third, 0 where not known.
func (l *level) late(all []segment) float64 {
	var values []float64
	for _, s := range all[len(all)*2/3:] {
		if x := l.value(s); x > 0 {
			values = append(values, x)
		}
	}
	return median(values)
}
