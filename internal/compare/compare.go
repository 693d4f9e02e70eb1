package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/govitals/govitals/internal/text"
)

// Compare compares a canary with a stable side.
func Compare(canary, stable Side, options Options) Result {
	p := align(canary, stable, options)
	r := Result{
		Schema: Schema, Canary: party(canary), Stable: party(stable),
		FromSeconds: p.window.from, ToSeconds: p.window.to, Load: p.load, ByClock: canary.ByClock,
		Sites:  rank(canary.Sites, stable.Sites),
		Labels: rank(canary.Labels, stable.Labels), Creators: rank(canary.Creators, stable.Creators),
	}
	atMost(r.Labels, canary.Series-stable.Series)
	r.measure(&p, canary, stable, options)
	r.Notes = r.notes(&p, canary, stable)
	r.Verdict = r.overall()
	r.Summary = r.summary(&p, canary, stable)
	return r
}

func party(s Side) Party {
	return Party{Name: s.Name, Build: s.Build, UptimeSeconds: s.Uptime, State: s.State}
}

func (r *Result) measure(p *pair, canary, stable Side, options Options) {
	add := func(m Measure, ok bool) {
		if ok {
			r.Measures = append(r.Measures, m)
		}
	}
	for i := range growers {
		add(growers[i].compare(p, options))
	}
	for i := range levels {
		add(levels[i].compare(p, canary, stable))
	}
	now, ok := alignNow(canary, stable, options)
	if !ok {
		now = *p
	}
	for i := range costs {
		add(costs[i].compare(&now))
	}
	add(failures(&now))
	slices.SortStableFunc(r.Measures, func(a, b Measure) int { return order[a.Verdict] - order[b.Verdict] })
}

var order = map[Verdict]int{Worse: 0, NotYet: 1, NotComparable: 2, Same: 3, Shown: 4}

// overall is worse if anything is. It is the same if what needs time has had it, and
// what decides most, live memory, is among it.
func (r *Result) overall() Verdict {
	live := slices.ContainsFunc(r.Measures, func(m Measure) bool { return m.Name == "live_growth" && m.Verdict == Same })
	switch {
	case len(r.with(Worse)) > 0:
		return Worse
	case len(r.with(NotYet)) == 0 && live:
		return Same
	}
	return CannotTell
}

// has reports whether something was compared.
func (r *Result) has(name string) bool {
	return slices.ContainsFunc(r.Measures, func(m Measure) bool { return m.Name == name })
}

// with returns the measures of a verdict.
func (r *Result) with(v Verdict) (all []Measure) {
	for _, m := range r.Measures {
		if m.Verdict == v {
			all = append(all, m)
		}
	}
	return all
}

// said is how many measures the summary repeats.
const said = 3

func (r *Result) summary(p *pair, canary, stable Side) string {
	switch r.Verdict {
	case Worse:
		return "CANARY WORSE. " + r.reasons(r.with(Worse)) + r.blame()
	case Same:
		return "SAME. " + r.agreed() + r.left()
	}
	return "CANNOT TELL YET. " + r.doubts(p, canary, stable)
}

// reasons are measures in sentences.
func (r *Result) reasons(measures []Measure) string {
	var lines []string
	for _, m := range measures[:min(len(measures), said)] {
		lines = append(lines, capital(m.Title)+": "+m.Why+".")
	}
	if more := len(measures) - said; more > 0 {
		lines = append(lines, fmt.Sprintf("And %d more.", more))
	}
	return strings.Join(lines, " ")
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// blames says which list explains a measure, and how.
var blames = []struct {
	names []string
	list  func(*Result) []Difference
	words string
	unit  string
}{
	{[]string{"series", "series_growth"}, func(r *Result) []Difference { return r.Labels }, "Label %s explains %s of them now.", "{series}"},
	{[]string{"live", "live_growth"}, func(r *Result) []Difference { return r.Sites }, "Allocations in %s hold %s more now.", "By"},
	{[]string{"goroutines", "goroutine_growth"}, func(r *Result) []Difference { return r.Creators }, "Of %s there are %s more now.", "{goroutine}"},
}

// blame names the largest difference behind each measure that is worse, of those that
// chance does not explain.
func (r *Result) blame() string {
	var words strings.Builder
	for _, b := range blames {
		list := b.list(r)
		first := slices.IndexFunc(list, func(d Difference) bool { return d.Sure })
		guilty := slices.ContainsFunc(r.Measures, func(m Measure) bool { return m.Verdict == Worse && slices.Contains(b.names, m.Name) })
		if guilty && first >= 0 {
			fmt.Fprintf(&words, " "+b.words, list[first].Name, text.Figure(round(list[first].Difference, b.unit), b.unit))
		}
	}
	return words.String()
}

// agreed lists what is the same.
func (r *Result) agreed() string {
	var names []string
	for _, m := range r.with(Same) {
		names = append(names, m.Title)
	}
	return "Nothing is worse in " + list(names) + "."
}

// left says what was not compared although nothing is worse.
func (r *Result) left() string {
	var names []string
	for _, m := range r.with(NotComparable) {
		names = append(names, m.Title)
	}
	if len(names) == 0 {
		return ""
	}
	return " Not comparable: " + list(names) + "."
}

func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// doubts says why nothing can be told, and what to do.
func (r *Result) doubts(p *pair, canary, stable Side) string {
	for i, s := range []Side{canary, stable} {
		who := which(i == 0)
		switch {
		case !s.HasFigures:
			return fmt.Sprintf("The report of %s has no figures: it is of a release before they were added, so build it with this one.", who)
		case !s.ByClock && len(s.Points) < leastSegments && s.Uptime > 0 && s.Uptime < s.WarmUp*2:
			return fmt.Sprintf("%s has been up for %s, %sthe first %s are warm-up.", capital(who), age(s.Uptime), of(s.Uptime, p.window.from), age(p.window.from))
		}
	}
	if len(p.canary) < leastSegments || len(p.stable) < leastSegments {
		if canary.ByClock && stable.ByClock {
			return fmt.Sprintf("Both were seen together, after warm-up, for %s of the window only: wait until there are %d readings, or look further back.",
				age(p.window.to-p.window.from), leastSegments)
		}
		return fmt.Sprintf("Both were seen at the same ages for %s only, from %s on: wait until there are %d readings.",
			age(p.window.to-p.window.from), age(p.window.from), leastSegments)
	}
	if open := r.with(NotYet); len(open) > 0 {
		return r.reasons(open)
	}
	return "Nothing says how live memory grows: no garbage collection in most of the time, or no figures."
}

// of says that a time is a part of another, if it is.
func of(whole, part float64) string {
	if whole < part {
		return "and "
	}
	return "of which "
}

func age(seconds float64) string { return text.Figure(seconds, "s") }

// notes say what a reader should know besides.
func (r *Result) notes(p *pair, canary, stable Side) (all []string) {
	if !canary.HasRequests || !stable.HasRequests {
		all = append(all, "Requests are not counted by both, so neither CPU nor latency nor growth for each request is compared: put a watch.InFlight around the handlers and hand it to Vitals.Add.")
	}
	if p.load > 0 && !p.sameLoad() {
		all = append(all, fmt.Sprintf("The canary has %s times the requests of the stable side.", times(p.load)))
	}
	if canary.Build != "" && canary.Build == stable.Build {
		all = append(all, "Both are the same build.")
	}
	if p.load > 0 && !r.has("cpu_per_request") {
		all = append(all, "Processor time is not known of both: hand a watch.Process to Vitals.Add.")
	}
	if canary.Series == 0 && stable.Series == 0 {
		all = append(all, "Metric series are not counted: v.Watch(promguard.SeriesSignal(prometheus.DefaultGatherer)).")
	}
	if stable.State != "" && slices.Contains([]string{"leak", "exploded", "stopped"}, stable.State) {
		all = append(all, "The stable side is not well itself: its own report says "+stable.State+".")
	}
	return all
}

// SameProcess reports whether both are reports of one process: its first reading, which
// is never dropped, is the same to the last digit. Two that were started together have
// the same age and have not used the same processor time.
func SameProcess(a, b Side) bool {
	return len(a.Points) > 0 && len(b.Points) > 0 && a.Points[0].CPU > 0 && a.Points[0] == b.Points[0]
}
