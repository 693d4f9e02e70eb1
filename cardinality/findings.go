package cardinality

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// Findings implements [finding.Source]. It names each label that exploded as
// metric{label}, warns of sets that are added all the time before the limit is
// reached, and says when callers use the vec in a wrong way.
func (g *Guard) Findings() []finding.Finding {
	stats := g.Stats()
	var findings []finding.Finding
	for _, trip := range g.Trips() {
		findings = append(findings, trip.finding(stats))
	}
	if len(findings) == 0 {
		findings = g.growing(stats)
	}
	if stats.Misused > 0 {
		findings = append(findings, finding.Finding{
			Signal: "series", State: finding.Unknown, Cause: "misuse",
			Summary: fmt.Sprintf("%s was used in a wrong way (%s): a wrong number of label values, invalid UTF-8, too long a value, or a panic in a function it was given. What was recorded is in the overflow.",
				g.Name(), text.Count(int(stats.Misused), "time")),
			Advice: "Look for the caller that passes " + g.wrong() + ".",
		})
	}
	return findings
}

// wrong says what a caller should not pass.
func (g *Guard) wrong() string {
	labels := g.Labels()
	if len(labels) == 0 {
		return "label values: the metric has no labels"
	}
	return "other labels than " + strings.Join(labels, ", ")
}

// finding words a trip.
func (t Trip) finding(stats Stats) finding.Finding {
	what := t.Metric + "{" + t.Label + "}"
	f := finding.Finding{
		Signal: "series", State: finding.Exploded, Since: t.At, Cause: "label",
		Summary: fmt.Sprintf("%s exploded: about %s values%s, %s of %s sets taken, which hold about %s.",
			what, grouped(t.Distinct), t.likeness(), grouped(uint64(t.Sets)), grouped(uint64(stats.Limit)), text.Bytes(uint64(t.Bytes))),
		Culprits: []finding.Culprit{{Name: what, Share: 1}},
		Advice:   t.advice(),
		How:      []string{fmt.Sprintf("%s was reached on %s", t.Limit, t.At.UTC().Format(time.RFC3339))},
	}
	if t.Quiet {
		f.State = finding.OK
		f.Summary += " It is quiet now: nothing has overflowed for ten minutes."
	}
	if t.DryRun {
		f.Summary += " Nothing is refused in a dry run."
	} else if t.Overflowed > 0 {
		f.Summary += fmt.Sprintf(" %s in which the label shows the marker; none is lost.", t.overflowed())
	}
	for _, top := range t.Top {
		f.How = append(f.How, fmt.Sprintf("frequent value: %s (at least %d of those looked at)", strconv.Quote(top.Value), top.Count))
	}
	if len(t.Samples) > 0 {
		quoted := make([]string, 0, 3)
		for _, s := range t.Samples[:min(3, len(t.Samples))] {
			quoted = append(quoted, strconv.Quote(s))
		}
		f.How = append(f.How, "values such as "+strings.Join(quoted, ", "))
	}
	if len(t.Stack) > 0 {
		f.How = append(f.How, "first brought by "+t.Stack[0])
		f.Culprits = append(f.Culprits, caller(t.Stack[0]))
	}
	return f
}

// caller splits "function at file:line".
func caller(line string) finding.Culprit {
	function, place, _ := strings.Cut(line, " at ")
	c := finding.Culprit{Name: function}
	if colon := strings.LastIndexByte(place, ':'); colon >= 0 {
		c.File = place[:colon]
		c.Line, _ = strconv.Atoi(place[colon+1:])
	}
	return c
}

func (t Trip) overflowed() string {
	if t.Overflowed == 1 {
		return "1 lookup got a set"
	}
	return grouped(t.Overflowed) + " lookups share sets"
}

func (t Trip) likeness() string {
	if t.Shape == ShapeUnknown {
		return ""
	}
	return " that look like " + string(t.Shape)
}

func (t Trip) advice() string {
	label := strconv.Quote(t.Label)
	switch {
	case t.Shape == ShapePath && t.Template != "":
		return fmt.Sprintf("Use cardinality.Normalize(%s, cardinality.RouteTemplate), which makes %s of them, or label by the route that matched.", label, t.Template)
	case t.Shape != ShapeUnknown:
		return fmt.Sprintf("Leave the label %s out, or put %s in its place: a value that is new each time says nothing in a metric.", label, t.placeholder())
	}
	return fmt.Sprintf("List what label %s may hold with cardinality.Allow, or bound it alone with cardinality.MaxValues; if all values are wanted, raise MaxSets.", label)
}

func (t Trip) placeholder() string {
	if t.Template != "" {
		return t.Template
	}
	return "its kind"
}

// growing warns of a metric that gets new sets all the time.
func (g *Guard) growing(stats Stats) []finding.Finding {
	g.mu.Lock()
	defer g.mu.Unlock()
	perHour := g.news.growth()
	if perHour == 0 || stats.Sets < min(countFrom, stats.Limit/4) || g.config.dryRun {
		return nil
	}
	g.startCounting()
	what := g.Name() + "{" + g.labels[max(0, g.exploding())].name + "}"
	rest := ""
	if left := stats.Limit - stats.Sets; left > 0 {
		lasts := min(float64(left)/perHour*float64(time.Hour), float64(maxRetention))
		rest = ", the rest lasts for about " + text.Duration(time.Duration(lasts))
	}
	return []finding.Finding{{
		Signal: "series", State: finding.Growing, PerHour: perHour, Unit: "{set}", Cause: "label",
		Summary: fmt.Sprintf("%s gets new sets all the time, about %s an hour: %s of %s are taken%s.",
			what, text.Number(perHour), grouped(uint64(stats.Sets)), grouped(uint64(stats.Limit)), rest),
		Culprits: []finding.Culprit{{Name: what, Share: 1}},
		Advice:   "The number of sets of a healthy metric comes to an end. Look what is in the label before the limit is reached.",
	}}
}

// grouped writes a number with its thousands apart.
func grouped(n uint64) string { return text.Figure(float64(n), "{}") }

// Findings implements [finding.Source].
func (g *Group) Findings() []finding.Finding {
	var findings []finding.Finding
	guards := g.Guards()
	for _, guard := range guards {
		findings = append(findings, guard.Findings()...)
	}
	if len(findings) == 0 && len(guards) > 0 {
		findings = append(findings, finding.Finding{
			Signal: "series", State: finding.OK,
			Summary: fmt.Sprintf("The label sets of %s are within their limits and hold about %s.",
				text.Count(len(guards), "metric"), text.Bytes(uint64(g.Bytes()))),
		})
	}
	return findings
}
