package vitals

import (
	_ "embed"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/chart"
	"github.com/govitals/govitals/internal/text"
)

//go:embed page.html
var pageText string

var pages = template.Must(template.New("pages").Funcs(template.FuncMap{
	"said":   func(p pageView, f finding.Finding) bool { return strings.Contains(p.Said, f.Summary) },
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
	if len(p.Trouble) > 0 {
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

// facts answer since when, how fast, until when, who, and what to do.
func factsOf(f finding.Finding, now time.Time) (facts []fact) {
	add := func(name, words, code, more string) { facts = append(facts, fact{name, words, code, more}) }
	if !f.Since.IsZero() {
		add("Since", f.Since.UTC().Format("Jan 2 15:04:05")+" UTC", "", text.Duration(now.Sub(f.Since).Round(time.Second))+" ago")
	}
	if f.PerHour != 0 {
		more := ""
		if f.Low != 0 || f.High != 0 {
			more = "95 % sure: " + perHour(f.Low, f.Unit) + " to " + perHour(f.High, f.Unit)
		}
		add("Pace", perHour(f.PerHour, f.Unit), "", more)
	}
	if at := f.Forecast.At; !at.IsZero() {
		add("Limit reached in", text.Duration(max(at.Sub(now), 0)), "", at.UTC().Format("Jan 2 15:04")+" UTC")
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

// panelView is a panel as the page shows it.
type panelView struct {
	Panel
	Wide   bool
	Split  bool // the table stands beside the picture
	Charts []template.HTML
	Legend []legendRow
	Table  *tableView // hides that of Panel
}

type legendRow struct {
	Key                 template.HTML
	Name, Now, Min, Max string
}

// wide are the panels whose tables need the width of two.
var wide = map[string]bool{"growth": true, "goroutines": true}

func viewOf(p Panel, from, to time.Time) panelView {
	view := panelView{Panel: p, Wide: wide[p.Name], Charts: charts(p, from, to)}
	view.Split = view.Wide && len(view.Charts) > 0
	for i, l := range p.Lines {
		unit, key := unitOf(p, l), chart.Key(i, p.Stacked)
		if apart(p) {
			key = chart.Key(0, false)
		}
		view.Legend = append(view.Legend, legendRow{key, l.Name, figure(l.Now, unit), figure(l.Min, unit), figure(l.Max, unit)})
	}
	if p.Stacked { // in the order of the picture
		for i, j := 0, len(view.Legend)-1; i < j; i, j = i+1, j-1 {
			view.Legend[i], view.Legend[j] = view.Legend[j], view.Legend[i]
		}
	}
	if !p.Table.IsZero() {
		view.Table = tableOf(p.Table, true)
		if view.Table.Title == "" {
			view.Table.Title = p.Title
		}
	}
	return view
}

func unitOf(p Panel, l Line) string {
	if l.Unit != "" {
		return l.Unit
	}
	return p.Unit
}

// figure writes a value so that small shares and delays keep their digits.
func figure(value float64, unit string) string {
	switch unit {
	case "s":
		return brief(value)
	case "1":
		return percent(value)
	}
	return text.Figure(value, unit)
}

// apart reports whether the lines of a panel have scales of their own.
func apart(p Panel) bool {
	for _, l := range p.Lines {
		if l.Unit != "" {
			return true
		}
	}
	return false
}

// smallPoints is how many points a small picture has.
const smallPoints = 40

// charts draws a panel: as one picture or, if its lines have units of their own, as
// a small one each.
func charts(p Panel, from, to time.Time) (all []template.HTML) {
	base := chart.Chart{Title: p.Title, Limit: p.Limit, From: from, To: to, Format: func(value float64) string { return figure(value, p.Unit) }}
	if apart(p) {
		for _, l := range p.Lines {
			c := base
			c.Title, c.Caption, c.Points, c.Class, c.Most = l.Name, l.Name+", up to", points(l), "small", smallPoints
			c.Format = func(value float64) string { return figure(value, l.Unit) }
			all = append(all, drawn(c)...)
		}
		return all
	}
	if len(p.Lines) == 1 {
		base.Points = points(p.Lines[0])
		if f := p.Forecast; f != nil {
			base.Forecast = &chart.Forecast{PerHour: f.PerHour, Low: f.Low, High: f.High}
		}
		return drawn(base)
	}
	base.Stacked = p.Stacked
	for _, l := range p.Lines {
		base.Lines = append(base.Lines, chart.Line{Name: l.Name, Points: points(l)})
	}
	return drawn(base)
}

func drawn(c chart.Chart) []template.HTML {
	if svg := c.SVG(); svg != "" {
		return []template.HTML{svg}
	}
	return nil
}

func points(l Line) []chart.Point {
	all := make([]chart.Point, len(l.Points))
	for i, p := range l.Points {
		all[i] = chart.Point{At: p.At, Min: p.Min, Max: p.Max, Last: p.Value}
	}
	return all
}

func (v *Vitals) renderPage(w io.Writer, span timeSpan) error {
	return pages.ExecuteTemplate(w, "page", v.view(v.reportOver(span), span))
}
