package compare

import (
	"fmt"
	"math"

	"github.com/govitals/govitals/internal/text"
)

// grower is something that should not grow without an end.
type grower struct {
	name, title, unit string
	value             func(segment) float64
	// fresh reports whether a segment has a value of its own.
	fresh func(segment) bool
	// floor is the gain over the window below which nothing is said, or a part of the
	// level of the stable side if that is more. tolerate is the pace per hour that may
	// be, or share of that level.
	floor, part, tolerate, share float64
	// shown is only shown: too much else moves it.
	shown bool
}

func always(segment) bool { return true }

var growers = []grower{
	{
		name: "live_growth", title: "live heap growth", unit: "By", floor: 512 << 10, part: 0.01, tolerate: 1 << 20, share: 0.02,
		value: func(s segment) float64 { return s.live }, fresh: func(s segment) bool { return s.cycles > 0 },
	},
	{
		name: "goroutine_growth", title: "goroutine growth", unit: "{goroutine}", floor: 50, part: 0.05, tolerate: 30, share: 0.05,
		value: func(s segment) float64 { return s.goroutines }, fresh: always,
	},
	{
		name: "series_growth", title: "series growth", unit: "{series}", floor: 100, part: 0.05, tolerate: 100, share: 0.05,
		value: func(s segment) float64 { return s.series }, fresh: always,
	},
	{
		name: "rss_growth", title: "resident memory growth", unit: "By", floor: 4 << 20, part: 0.05, tolerate: 16 << 20, share: 0.05, shown: true,
		value: func(s segment) float64 { return s.rss }, fresh: always,
	},
}

// lines are the slopes of both sides over their age, and of what the canary has more
// at the same age: what both go through when they are young is taken out of that.
type lines struct {
	canary, stable, difference slope
	first, second              float64 // the difference in each half
	stepped                    bool    // one step explains it better than a line
}

// lines draws them over hours, or over requests where p is aligned by those.
func (g *grower) lines(p *pair, x func(segment) float64) (l lines, ok bool) {
	var at, canary, stable, more []float64
	p.both(func(c, s segment) {
		if a, b := g.value(c), g.value(s); a > 0 && b > 0 && g.fresh(c) && g.fresh(s) {
			at, canary, stable, more = append(at, (x(c)+x(s))/2), append(canary, a), append(stable, b), append(more, a-b)
		}
	})
	if l.difference, ok = slopeOf(at, more); !ok {
		return l, false
	}
	l.canary, _ = slopeOf(at, canary)
	l.stable, _ = slopeOf(at, stable)
	l.first, l.second = halves(at, more)
	l.stepped = isStep(more, l.difference.rest)
	return l, true
}

func inHours(s segment) float64    { return s.hours }
func inRequests(s segment) float64 { return s.served }

// levels are the values of a side.
func (g *grower) levels(all []segment) (values []float64) {
	for _, s := range all {
		if y := g.value(s); y > 0 && g.fresh(s) {
			values = append(values, y)
		}
	}
	return values
}

// compare judges the growth, and reports false where neither side has the figure.
func (g *grower) compare(p *pair, options Options) (m Measure, ok bool) {
	m = Measure{Name: g.name, Title: g.title, Unit: g.unit}
	hourly, ok := g.lines(p, inHours)
	if !ok {
		return g.missing(p, m)
	}
	noise := 0.0
	if g.unit == "By" {
		noise = g.floor / 8 / max(p.hours(), 1e-9) // an object more or less
	}
	i := hourly.difference.interval(noise)
	m.Canary, m.Stable, m.Difference = hourly.canary.value, hourly.stable.value, &i
	m.Verdict, m.Why = g.judge(p, &hourly, hourly.canary.interval(noise), i, g.tolerance(p, options))
	if each, ok := g.each(p); ok {
		perRequest := each.difference.interval(0)
		m.PerRequest = &perRequest
	}
	if g.shown && m.Verdict != Same {
		m.Verdict, m.Why = Shown, "not judged: resident memory follows the peaks of the past"
	}
	return m, true
}

func (g *grower) judge(p *pair, hourly *lines, own, i Interval, tolerate float64) (Verdict, string) {
	floor := max(g.floor, g.part*median(g.levels(p.stable)))
	switch gained := i.Low * p.hours(); {
	case i.High <= tolerate || own.High <= tolerate:
		return Same, g.toleratedWords(i, own, tolerate)
	case i.Low <= 0:
		return NotYet, g.waitWords(p, i, tolerate)
	case gained < floor:
		more := (floor/i.Low - p.hours()) * 3600
		return NotYet, fmt.Sprintf("it grows by %s more (%s), but not by %s so far: wait about %s more",
			g.pace(i.Value), g.span(i), text.Figure(round(floor, g.unit), g.unit), text.Figure(max(more, 10), "s"))
	case !hourly.lasting(0.5):
		return NotYet, "it rose, in a step or to level off: it did not grow all the time"
	case !p.sameLoad() && !g.lastsPerRequest(p, hourly):
		return NotComparable, fmt.Sprintf("it grows faster, but the canary has %s times the requests, and for each of them growth is not proven", times(p.load))
	}
	return Worse, g.worseWords(i)
}

// lasting tells growth from a step and from a cache that fills: the second half has
// at least the given part of the pace of the whole, and the first some of it.
func (l *lines) lasting(part float64) bool {
	return !l.stepped && l.first >= l.difference.value/4 && l.second >= l.difference.value*part
}

// each is the growth for each request, of both after as many requests.
func (g *grower) each(p *pair) (l lines, ok bool) {
	if p.served == nil {
		return l, false
	}
	return g.lines(p.served, inRequests)
}

// lastsPerRequest reports whether growth is not that of a cache which fills later, or
// sooner, because of the load. After as many requests both caches are as full. Where
// the two have never served as many, growth must go on unabated instead.
func (g *grower) lastsPerRequest(p *pair, hourly *lines) bool {
	if l, ok := g.each(p); ok {
		return l.difference.interval(0).Low > 0 && l.lasting(0.5)
	}
	return hourly.lasting(0.8)
}

// missing says why there is no slope where one side has the figure, or both.
func (g *grower) missing(p *pair, m Measure) (Measure, bool) {
	cx, sx := g.levels(p.canary), g.levels(p.stable)
	switch {
	case len(cx) == 0 && len(sx) == 0:
		return m, false
	case len(cx) == 0, len(sx) == 0:
		m.Verdict, m.Why = NotComparable, "only "+which(len(cx) > 0)+" has the figure"
	default:
		m.Verdict, m.Why = NotYet, fmt.Sprintf("%s of %d that are needed", text.Count(min(len(cx), len(sx)), "reading"), leastSegments)
	}
	return m, true
}

func which(isCanary bool) string {
	if isCanary {
		return "the canary"
	}
	return "the stable side"
}

func (g *grower) tolerance(p *pair, options Options) float64 {
	if g.unit == "By" && options.Tolerate > 0 {
		return options.Tolerate
	}
	return max(g.tolerate, g.share*median(g.levels(p.stable)))
}

func (g *grower) pace(x float64) string { return text.Change(round(x, g.unit), g.unit) + "/h" }

// round leaves counts without digits that mean nothing.
func round(x float64, unit string) float64 {
	if unit == "By" || math.Abs(x) < 1 {
		return x
	}
	return math.Round(x)
}

func (g *grower) span(i Interval) string { return g.pace(i.Low) + " to " + g.pace(i.High) }

func (g *grower) toleratedWords(i, own Interval, tolerate float64) string {
	if i.High > tolerate {
		return fmt.Sprintf("the canary itself grows by %s: up to %s is tolerated", g.span(own), g.pace(tolerate))
	}
	return fmt.Sprintf("the difference is %s: up to %s is tolerated", g.span(i), g.pace(tolerate))
}

func (g *grower) worseWords(i Interval) string {
	return fmt.Sprintf("it grows by %s more (%s)", g.pace(i.Value), g.span(i))
}

// waitWords say how long it takes until the interval is narrow enough. That of a
// slope shrinks with the time to the power of 3/2.
func (g *grower) waitWords(p *pair, i Interval, tolerate float64) string {
	wide := (i.High - i.Low) / 2
	target := max(tolerate-i.Value, i.Value, tolerate/4)
	factor := min(max(math.Pow(wide/target, 2.0/3), 1.25), 100)
	more := (factor - 1) * p.hours() * 3600
	return fmt.Sprintf("the difference is %s, which chance may explain: wait about %s more", g.span(i), text.Figure(max(more, 10), "s"))
}
