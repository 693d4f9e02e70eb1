package vitals

import (
	_ "embed"
	"html/template"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

//go:embed page.html
var pageText string

var pages = template.Must(template.New("pages").Funcs(template.FuncMap{
	"said":   func(p pageView, f finding.Finding) bool { return strings.Contains(p.Said, f.Summary) },
	"asOf":   func(t time.Time) string { return capitalised(asOf(t)) },
	"symbol": symbol, "word": stateWord, "share": percent,
	"at": func(c finding.Culprit) string { return place(c.Name, c.File, c.Line) },
}).Parse(pageText))

// maxTrouble bounds the findings that are shown in full.
const maxTrouble = 12

// pageView is the report as the page shows it.
type pageView struct {
	Report
	Program    string
	Range      string
	Ranges     []rangeLink
	Title      string // of the window
	Live       string // how new it is
	Word, Said string // the verdict line in two pieces
	Facts      []fact
	Trouble    []finding.Finding // what is wrong, the worst first
	More       int               // of them that are not shown
	Calm       []finding.Finding // all else
	Panels     []panelView
}

// fact is a line beside the verdict.
type fact struct{ Name, Words, Code, More string }

// view makes a report with panels into what the page shows.
func (v *Vitals) view(report Report, span timeSpan) pageView {
	p := pageView{Report: report, Program: report.Build.String(), Range: span.name, Ranges: rangeLinks(span)}
	p.Word, p.Said = headline(report.Summary, report.State)
	p.Live = capitalised(asOf(report.At)) + ", as all times here, after " + report.Uptime() + " of watching"
	p.Title = symbol(report.State) + " " + p.Word + " – " + nameOf(report)
	for _, f := range report.Findings {
		switch {
		case f.State == finding.OK || f.State == finding.TooEarly:
			p.Calm = append(p.Calm, f)
		case len(p.Trouble) == maxTrouble:
			p.More++
		default:
			p.Trouble = append(p.Trouble, f)
		}
	}
	if bad := (outlook{now: report.At, findings: report.Findings}).bad(); len(bad) > 0 {
		p.Facts = factsOf(causeOf(bad[0], bad), report.At) // of what the verdict begins with
	} else if len(p.Trouble) > 0 {
		p.Facts = factsOf(p.Trouble[0], report.At)
	}
	from := later(v.started, report.At.Add(-span.length))
	for _, panel := range report.Panels {
		p.Panels = append(p.Panels, viewOf(panel, from, report.At))
	}
	return p
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// factsOf answers since when, how fast, until when, who, and what to do.
func factsOf(f finding.Finding, now time.Time) (facts []fact) {
	add := func(name, words, code, more string) { facts = append(facts, fact{name, words, code, more}) }
	if !f.Since.IsZero() {
		add("Since", stamp(f.Since), "", text.Duration(now.Sub(f.Since).Round(time.Second))+" ago")
	}
	if f.PerHour != 0 {
		more := ""
		if f.Low != 0 || f.High != 0 {
			more = "95 % sure: " + perHour(f.Low, f.Unit) + " to " + perHour(f.High, f.Unit)
		}
		add("Pace", perHour(f.PerHour, f.Unit), "", more)
	}
	if at := f.Forecast.At; !at.IsZero() {
		add("Limit reached in", text.Duration(max(at.Sub(now), 0)), "", stamp(at))
	}
	if f.Cause != "" {
		add("Cause", strings.ReplaceAll(f.Cause, "_", " "), "", "")
	}
	if len(f.Culprits) > 0 {
		c := f.Culprits[0]
		share := ""
		if c.Share > 0 {
			share = percent(c.Share)
		}
		add("Culprit", "", c.Name, share+" "+place(c.Name, c.File, c.Line))
	}
	return facts
}
