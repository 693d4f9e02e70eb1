package vitals

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// outlook is what the verdict line is made of.
type outlook struct {
	now      time.Time
	age      time.Duration // how long was watched
	need     time.Duration // how long it takes until growth is judged
	findings []finding.Finding
	flat     flatness // of live memory, while nothing is wrong
	quota    string   // on CPU, in words, "" if there is none
	ended    string   // how the previous life ended, if badly
}

func (v *Vitals) outlook(now time.Time, findings []finding.Finding) outlook {
	o := outlook{
		now: now, age: now.Sub(v.started), need: judgedAfter * v.config.resolution(), findings: findings,
		quota: v.setup.quotaWords(), ended: v.life.ended(),
	}
	if finding.Worst(findings) == finding.OK {
		o.flat = flatnessOf(v.monitor.History(time.Time{}))
	}
	return o
}

// judgedAfter is how many Resolutions pass until growth is judged (leakguard.Trend).
const judgedAfter = 60

// summed is how many findings the verdict line repeats at most.
const summed = 3

// line is the verdict: what kills the process first, with what follows from the
// same cause, then what is wrong besides; or how well it is.
func (o outlook) line() string {
	worst := finding.Worst(o.findings)
	switch worst {
	case finding.OK:
		return sentences(o.well())
	case finding.TooEarly:
		return sentences(o.tooEarly())
	case finding.Unknown:
		return sentences(o.unknown())
	}
	return sentences(o.wrong())
}

// maxLine is how long the verdict line gets at most, in bytes.
const maxLine = 2000

func sentences(all []string) string { return text.Clean(strings.Join(all, " "), maxLine) }

// wrong tells what is wrong, the most urgent first. Growth that may level off is
// told beside delays, which have nothing to do with it; whatever else is wrong may
// be its cause.
func (o outlook) wrong() []string {
	bad := o.bad()
	lead := causeOf(bad[0], bad)
	line := []string{o.lead(lead, bad)}
	for _, f := range bad {
		incidental := f.State == finding.Growing && lead.State != finding.Growing && lead.Signal != "eventloop"
		if len(line) < summed && !incidental && !same(f, lead) && same(causeOf(f, bad), f) {
			line = append(line, "Also: "+firstSentence(f.Summary))
		}
	}
	return line
}

// bad are the findings that something is wrong, the most urgent first.
func (o outlook) bad() []finding.Finding {
	bad := filter(o.findings, func(f finding.Finding) bool { return f.State.Worse(finding.Unknown) })
	slices.SortStableFunc(bad, o.compare)
	return bad
}

// lead is what is wrong in the first place, with all that it brings along.
func (o outlook) lead(f finding.Finding, bad []finding.Finding) string {
	line := o.begin(f, bad)
	for _, effect := range bad {
		if !same(effect, f) && same(causeOf(effect, bad), f) {
			line += " " + o.follows(effect)
		}
	}
	if f.Signal == "eventloop" && f.Cause == "throttled" && o.quota != "" {
		line += " " + o.quota
	}
	return line
}

// follows tells growth that another finding is the cause of.
func (o outlook) follows(effect finding.Finding) string {
	line := fmt.Sprintf("%s with it, %s/h", subjects[effect.Signal], text.Figure(rounded(effect.PerHour), effect.Unit))
	if !effect.Forecast.IsZero() {
		line += ", and at its limit " + moment(effect.Forecast.At, o.now)
	}
	return line + "."
}

// subjects are the signals that follow from others, with their verb.
var subjects = map[string]string{
	"heap": "Live memory grows", "stacks": "Memory of goroutine stacks grows",
	"threads": "Threads grow", "fds": "Open descriptors grow",
}

// causeOf is the finding that f follows from, f itself if it stands alone.
func causeOf(f finding.Finding, bad []finding.Finding) finding.Finding {
	signal := f.Cause
	if signal == causeData {
		signal = "state"
	}
	if !isGrowth(f.State) || subjects[f.Signal] == "" {
		return f
	}
	for _, other := range bad {
		if other.Signal == signal {
			return other
		}
	}
	return f
}

func same(a, b finding.Finding) bool {
	return a.Signal == b.Signal && a.State == b.State && a.Summary == b.Summary
}

// unknown tells what cannot be said.
func (o outlook) unknown() []string {
	line := []string{openings[finding.Unknown]}
	for _, f := range o.findings {
		if f.State == finding.Unknown && len(line) <= summed {
			line = append(line, f.Summary)
		}
	}
	return line
}

// filter leaves what it is given as it is.
func filter[T any](all []T, keep func(T) bool) (kept []T) {
	for _, one := range all {
		if keep(one) {
			kept = append(kept, one)
		}
	}
	return kept
}
