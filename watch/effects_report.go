package watch

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/metric"
)

const (
	latencySignal = "latency"
	workSignal    = "work"
	// maxEffects is how many routes and kinds of work have a finding of their own.
	maxEffects = 5
)

// Findings implements [finding.Source]. Until there are enough points there are none.
// Growth is not called more than that here: whether it is a leak is for the trend of
// memory and of goroutines to say, and this says what it comes with.
func (e *Effects) Findings() []finding.Finding {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []finding.Finding
	if len(e.judged) > 0 {
		all = append(all, e.slowed()...)
	}
	if len(e.piles) > 0 {
		all = append(all, e.piled()...)
	}
	return all
}

// slowed is about response times.
func (e *Effects) slowed() (all []finding.Finding) {
	for i := range e.judged {
		if r := &e.judged[i]; r.follows() && len(all) < maxEffects {
			all = append(all, r.finding(e.since()))
		}
	}
	if len(all) > 0 {
		return all
	}
	return []finding.Finding{{
		Signal: latencySignal, State: finding.OK,
		Summary: fmt.Sprintf("Response time does not follow memory: %s at %s.", text.Count(len(e.judged), "route"), e.seen()),
	}}
}

func (r *routeEffect) finding(since time.Time) finding.Finding {
	return finding.Finding{
		Signal: latencySignal, State: finding.Suspect, Since: since,
		Summary: fmt.Sprintf("RESPONSE TIME FOLLOWS MEMORY: %s takes %s where %s are live, and %s where %s are.",
			r.route, seconds(r.slow), size(r.muchMemory), seconds(r.quick), size(r.littleMemory)),
		Culprits: []finding.Culprit{{Name: r.route}},
		Advice:   "See who holds the memory: GET /debug/heap. If that cannot shrink, give the collector room: raise GOMEMLIMIT or GOGC. Or look for what drives both, such as a job.",
		How: []string{
			fmt.Sprintf("changes of the two go together: rank correlation %.2f, %.2f to %.2f at 95 %%, without what the load explains", r.link, r.least, r.most),
			away(r.errors),
			fmt.Sprintf("%d points, each with the %s of its requests; the medians of the third with the most memory and of that with the least", r.points, [measures]string{"mean", "median"}[r.measure]),
		},
	}
}

// piled is about what work leaves behind.
func (e *Effects) piled() (all []finding.Finding) {
	for i := range e.piles {
		if p := &e.piles[i]; p.bad() && len(all) < maxEffects {
			all = append(all, p.finding(e.since(), e.span()))
		}
	}
	if len(all) > 0 {
		return all
	}
	f := finding.Finding{
		Signal: workSignal, State: finding.OK,
		Summary: fmt.Sprintf("Neither memory nor goroutines grow with the work that is done: %s.", e.seen()),
	}
	for i := range e.piles {
		if p := &e.piles[i]; p.hidden(p.threshold()) {
			f.Summary = fmt.Sprintf("%s grew by %s in %s, with %s: by the work or by time cannot be told, since there was always about as much of it.",
				p.what(), amountOf(p.grown, p.unit), text.Duration(e.span()), p.done())
			break
		}
	}
	return append(all, f)
}

// what is the figure that grows.
func (p *pile) what() string {
	if p.unit == unitGoroutine {
		return "The number of goroutines"
	}
	return "Live memory"
}

// done is how much work there was: "29,000 requests", "35 runs of refresh".
func (p *pile) done() string {
	n := text.Figure(p.work, "{1}")
	if p.job != "" {
		return n + " runs of " + p.job
	}
	return n + " requests"
}

func (p *pile) finding(since time.Time, span time.Duration) finding.Finding {
	where := "/debug/heap"
	if p.unit == unitGoroutine {
		where = "/debug/goroutines"
	}
	return finding.Finding{
		Signal: workSignal, State: finding.Growing, Since: since, Unit: p.unit,
		PerHour: p.grown / span.Hours(),
		Summary: fmt.Sprintf("EACH %s LEAVES %s BEHIND. %s grew by %s in %s, with %s.",
			strings.ToUpper(p.kind)+p.job, amountOf(p.each, p.unit), p.what(), amountOf(p.grown, p.unit), text.Duration(span), p.done()),
		Culprits: []finding.Culprit{{Name: p.name()}},
		Advice:   "See who grew: GET " + where + ". Look for what is kept for each " + p.name() + " and not given back at its end.",
		How: []string{
			fmt.Sprintf("growth goes with the work, not with time: %s each, %s to %s at 95 %%", amountOf(p.each, p.unit), amountOf(p.least, p.unit), amountOf(p.most, p.unit)),
			away(p.errors),
			fmt.Sprintf("%d points", p.points),
		},
	}
}

func away(errors float64) string {
	return fmt.Sprintf("%.1f standard errors away from none; %.1f are asked for", min(errors, 99), sure)
}

func amountOf(value float64, unit string) string {
	if unit == unitGoroutine {
		return text.Number(value) + " " + goroutines(value)
	}
	return text.Figure(value, unit)
}

func goroutines(n float64) string {
	if math.Abs(n-1) < 0.005 {
		return "goroutine"
	}
	return "goroutines"
}

func (e *Effects) since() time.Time {
	return e.started.Add(time.Duration(e.points[0].seconds * float64(time.Second)))
}

func (e *Effects) span() time.Duration { return e.last.at.Sub(e.since()) }

func (e *Effects) seen() string {
	return fmt.Sprintf("%s over %s", text.Count(len(e.points), "point"), text.Duration(e.span()))
}

func seconds(s float64) string { return text.Duration(time.Duration(s * float64(time.Second))) }

func size(bytes float64) string { return text.Bytes(uint64(max(0, bytes))) }

// The table of what an Effects measures.
var (
	descEffectLatency = metric.Desc{
		Name: "effects.latency_memory_correlation", Unit: "1", Kind: metric.KindGauge, Labels: []string{"route"},
		Help:   "Rank correlation of the changes of response time and of live memory, without what the load explains: -1 to 1. Absent before 32 points.",
		Action: "If it is well above 0, see the findings for how much slower the route gets.",
	}
	descEffectBytes = metric.Desc{
		Name: "effects.memory_left", Unit: "By", Kind: metric.KindGauge, Labels: []string{"work"},
		Help:   "Live memory that each request, or each run of a job, is seen to leave behind. Absent where it cannot be told from 0.",
		Action: "If it is there, look for what is kept for each of them.",
	}
	descEffectGoroutines = metric.Desc{
		Name: "effects.goroutines_left", Unit: "{goroutine}", Kind: metric.KindGauge, Labels: []string{"work"},
		Help:   "Goroutines that each request, or each run of a job, is seen to leave behind. Absent where it cannot be told from 0.",
		Action: "If it is there, look for what they start and do not wait for.",
	}
)

// Describe implements [metric.Source].
func (e *Effects) Describe() []metric.Desc {
	return []metric.Desc{descEffectLatency, descEffectBytes, descEffectGoroutines}
}

// Collect implements [metric.Source].
func (e *Effects) Collect(emit func(metric.Sample)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.judged {
		emit(metric.Sample{Desc: descEffectLatency, LabelValues: []string{r.route}, Value: r.link})
	}
	for i := range e.piles {
		p := &e.piles[i]
		desc := descEffectBytes
		if p.unit == unitGoroutine {
			desc = descEffectGoroutines
		}
		if p.bad() {
			emit(metric.Sample{Desc: desc, LabelValues: []string{p.name()}, Value: p.each})
		}
	}
}
