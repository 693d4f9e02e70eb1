package vitals

import (
	"cmp"
	"html/template"
	"slices"
	"time"

	"github.com/govitals/govitals/internal/chart"
)

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
		unit, key := cmp.Or(l.Unit, p.Unit), chart.Key(i, p.Stacked)
		if apart(p) {
			key = chart.Key(0, false)
		}
		view.Legend = append(view.Legend, legendRow{key, l.Name, figure(l.Now, unit), figure(l.Min, unit), figure(l.Max, unit)})
	}
	if p.Stacked { // in the order of the picture
		slices.Reverse(view.Legend)
	}
	if !p.Table.IsZero() {
		view.Table = tableOf(p.Table, true)
		if view.Table.Title == "" {
			view.Table.Title = p.Title
		}
	}
	return view
}

// apart reports whether the lines of a panel have scales of their own.
func apart(p Panel) bool {
	return slices.ContainsFunc(p.Lines, func(l Line) bool { return l.Unit != "" })
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
