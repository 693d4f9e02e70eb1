package chart

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/text"
)

// Point is what was seen within a stretch of time. A point whose Last is NaN is
// left out.
type Point struct {
	// At is when the stretch began.
	At time.Time
	// Min, Max and Last are the lowest, the highest and the latest value in it.
	Min, Max, Last float64
}

// Line is a figure over time.
type Line struct {
	// Name tells it from the others of the chart.
	Name string
	// Points are in order of time.
	Points []Point
}

// Chart is what is drawn.
type Chart struct {
	// Title names the figure.
	Title string
	// Caption stands before the top of the axis. Default: none.
	Caption string
	// Unit is its UCUM code.
	Unit string
	// Points are in order of time: the only line, with its band.
	Points []Point
	// Lines are drawn besides, without bands. Default: none.
	Lines []Line
	// Stacked makes layers of Lines, the first at the bottom. Their points must be
	// at the same times. Default: false.
	Stacked bool
	// Limit is drawn as a dashed line if it is within reach. Default: none.
	Limit float64
	// From and To are the ends of the axis. Default: the first and last point.
	From, To time.Time
	// Forecast goes on from the last of Points. Default: none.
	Forecast *Forecast
	// Most is how many points are drawn at most. Default: 60.
	Most int
	// Class is added to those of the element around the picture. Default: none.
	Class string
	// Format writes a value of the figure. Default: as text.Figure does.
	Format func(value float64) string
}

func (c Chart) figure(value float64) string {
	if c.Format != nil {
		return c.Format(value)
	}
	return text.Figure(value, c.Unit)
}

// Forecast is where a line goes: by so much in an hour.
type Forecast struct {
	// PerHour is the most likely pace, Low and High bound it.
	PerHour, Low, High float64
}

// The size in which coordinates are written. The browser stretches it.
const (
	width, height = 600, 120
	maxPoints     = 60
)

// SVG returns the picture between the words of its axes, or "" while there are
// fewer than two points.
func (c Chart) SVG() template.HTML {
	lines := c.prepared()
	if len(lines) == 0 {
		return ""
	}
	s := c.scale(lines)
	var b strings.Builder
	fmt.Fprintf(&b, `<div class="plot%s"><span class="top">%s</span>`, class(c.Class, s.future), escape(strings.TrimSpace(c.Caption+" "+c.figure(s.top))))
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" width="100%%" height="%d" preserveAspectRatio="none" role="img" aria-label="%s">`,
		width, height, height, escape(c.describe(lines, s)))
	fmt.Fprintf(&b, `<path class="grid" stroke="currentColor" stroke-opacity="0.15" d="M0 %dH%dM0 %dH%d"/>`, height/2, width, height, width)
	c.draw(&b, s, lines)
	fmt.Fprintf(&b, `</svg><span class="from">%s</span><span class="to">now</span></div>`, escape(text.Duration(s.now.Sub(s.from))+" ago"))
	return template.HTML(b.String()) // every text in it is escaped
}

func class(more string, future bool) string {
	if more != "" {
		more = " " + escape(more)
	}
	if future {
		more += " future"
	}
	return more
}

// prepared returns what is to be drawn, thinned, the line with the band first. A
// chart without any line that has two points is empty.
func (c Chart) prepared() (lines []Line) {
	drawable := false
	for _, line := range append([]Line{{Name: c.Title, Points: c.Points}}, c.Lines...) {
		line.Points = thin(known(line.Points), cmp.Or(c.Most, maxPoints))
		drawable = drawable || len(line.Points) > 1
		lines = append(lines, line)
	}
	if !drawable {
		return nil
	}
	return lines
}

func (c Chart) draw(b *strings.Builder, s scale, lines []Line) {
	if c.Stacked {
		drawLayers(b, s, lines[1:])
	} else {
		c.drawBand(b, s, lines[0].Points)
		for i, line := range lines[1:] {
			drawLine(b, s, line.Points, i)
		}
	}
	c.drawForecast(b, s, lines[0].Points)
	if c.Limit > 0 && c.Limit <= s.top {
		y := s.y(c.Limit)
		fmt.Fprintf(b, `<path class="limit" fill="none" stroke="currentColor" stroke-dasharray="6 4" d="M0 %dH%d"><title>limit %s</title></path>`,
			y, width, escape(c.figure(c.Limit)))
	}
}

// drawBand draws the line of a chart that has one, and its band.
func (c Chart) drawBand(b *strings.Builder, s scale, points []Point) {
	if len(points) < 2 {
		return
	}
	fmt.Fprintf(b, `<path class="c0" fill="currentColor" fill-opacity="0.18" d="%sZ"/>`, s.band(points))
	drawLine(b, s, points, 0)
}

// dashes tell lines apart without colour.
var dashes = [...]string{"", "7 3", "2 3", "9 3 2 3"}

func drawLine(b *strings.Builder, s scale, points []Point, i int) {
	if len(points) < 2 {
		return
	}
	dash := ""
	if of := dashes[i%len(dashes)]; of != "" {
		dash = ` stroke-dasharray="` + of + `"`
	}
	fmt.Fprintf(b, `<path class="c%d" fill="none" stroke="currentColor" stroke-width="1.6"%s d="%s"/>`, i, dash, s.line(points))
}

// drawForecast draws a cone from the last point to the end of the axis.
func (c Chart) drawForecast(b *strings.Builder, s scale, points []Point) {
	if c.Forecast == nil || !s.future || len(points) == 0 {
		return
	}
	last := points[len(points)-1]
	hours := s.to.Sub(last.At).Hours()
	x, y := s.x(last.At), s.y(last.Last)
	end := func(perHour float64) int { return s.y(last.Last + perHour*hours) }
	fmt.Fprintf(b, `<path class="c0" fill="currentColor" fill-opacity="0.12" d="M%d %dL%d %dL%d %dZ"/>`,
		x, y, width, end(c.Forecast.Low), width, end(c.Forecast.High))
	fmt.Fprintf(b, `<path class="c0" fill="none" stroke="currentColor" stroke-dasharray="2 4" d="M%d %dL%d %d"><title>forecast</title></path>`,
		x, y, width, end(c.Forecast.PerHour))
	fmt.Fprintf(b, `<path class="now" stroke="currentColor" stroke-opacity="0.3" d="M%d 0V%d"/>`, x, height)
}

// drawLayers draws from the top of the pile down, so that each layer needs its
// upper edge alone.
func drawLayers(b *strings.Builder, s scale, lines []Line) {
	sums := make([][]Point, len(lines))
	var below []Point
	for i, line := range lines {
		below = stack(below, line.Points)
		sums[i] = below
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if len(sums[i]) < 2 {
			continue
		}
		from, to := s.x(sums[i][0].At), s.x(sums[i][len(sums[i])-1].At)
		fmt.Fprintf(b, `<path class="c%d layer" fill="currentColor" d="%sL%d %dL%d %dZ"><title>%s</title></path>`,
			i, s.line(sums[i]), to, height, from, height, escape(lines[i].Name))
	}
}

// stack adds a layer on what is below it.
func stack(below, layer []Point) []Point {
	sum := make([]Point, len(layer))
	for i, p := range layer {
		sum[i] = p
		if i < len(below) {
			sum[i].Last += below[i].Last
		}
	}
	return sum
}

// describe says in words what the picture shows.
func (c Chart) describe(lines []Line, s scale) string {
	words := []string{fmt.Sprintf("%s over %s", c.Title, text.Duration(s.now.Sub(s.from)))}
	for i, line := range lines {
		if len(line.Points) == 0 {
			continue
		}
		low, high := extent(line.Points)
		last := line.Points[len(line.Points)-1].Last
		name := ""
		if i > 0 {
			name = line.Name + " "
		}
		words = append(words, fmt.Sprintf("%snow %s, lowest %s, highest %s", name,
			c.figure(last), c.figure(low), c.figure(high)))
	}
	return words[0] + ": " + strings.Join(words[1:], "; ")
}

func extent(points []Point) (low, high float64) {
	low, high = points[0].Min, points[0].Max
	for _, p := range points {
		low, high = min(low, p.Min), max(high, p.Max)
	}
	return low, high
}

// escape makes a text fit for markup: characters that XML cannot hold are left out.
func escape(words string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r == '\uFFFE' || r == '\uFFFF' || r == '\uFFFD' {
			return -1
		}
		return r
	}, words))
}

func known(points []Point) []Point {
	var all []Point
	for _, p := range points {
		if !math.IsNaN(p.Last) {
			all = append(all, p)
		}
	}
	return all
}

// thin joins neighbours until at most so many are left.
func thin(points []Point, most int) []Point {
	each := (len(points) + most - 1) / most
	if each <= 1 {
		return points
	}
	var all []Point
	for start := 0; start < len(points); start += each {
		joined := points[start]
		for _, p := range points[start:min(start+each, len(points))] {
			joined.Min, joined.Max, joined.Last = min(joined.Min, p.Min), max(joined.Max, p.Max), p.Last
		}
		all = append(all, joined)
	}
	all[len(all)-1].At = points[len(points)-1].At // the line ends where the figure does
	return all
}

// Key is the sign of line or layer i in a legend. The style sheet draws it.
func Key(i int, layer bool) template.HTML {
	kind := "k"
	if layer {
		kind = "k layer"
	}
	return template.HTML(fmt.Sprintf(`<i class="%s c%d d%d"></i>`, kind, i, i%len(dashes)))
}
