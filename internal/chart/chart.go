// Package chart draws a figure over time as a small SVG: the band between its
// lowest and highest values, the line of its last ones, and a limit.
//
//	svg := chart.Chart{Title: "Live memory", Unit: "By", Points: points, Limit: 512 << 20}.SVG()
//
// The picture has no script, style sheet or font, and takes its colours from the
// page around it (currentColor), so it reads in light and dark and on paper.
//
// # Cost
//
// Some 30 bytes for each point; at most 300 points are drawn, several that fall
// together as one with their lowest and highest.
//
// # What it cannot see
//
// Gaps: points are joined by a line however far apart they are.
package chart

import (
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

// Chart is what is drawn.
type Chart struct {
	// Title names the figure.
	Title string
	// Unit is its UCUM code.
	Unit string
	// Points are in order of time.
	Points []Point
	// Limit is drawn as a dashed line if it is within reach. Default: none.
	Limit float64
}

const (
	width, height = 720.0, 120.0
	maxPoints     = 300
)

// SVG returns the picture, or "" while there are fewer than two points.
func (c Chart) SVG() template.HTML {
	points := thin(known(c.Points))
	if len(points) < 2 {
		return ""
	}
	s := newScale(points, c.Limit)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="100%%" role="img" aria-label="%s">`,
		width, height+18, html.EscapeString(c.describe(points)))
	fmt.Fprintf(&b, `<polygon fill="currentColor" fill-opacity="0.2" points="%s"/>`, s.band(points))
	fmt.Fprintf(&b, `<polyline fill="none" stroke="currentColor" stroke-width="1.5" points="%s"/>`, s.line(points))
	if c.Limit > 0 && c.Limit <= s.top {
		y := s.y(c.Limit)
		fmt.Fprintf(&b, `<line x1="0" x2="%g" y1="%.1f" y2="%.1f" stroke="currentColor" stroke-dasharray="4 4"/>`, width, y, y)
	}
	c.axis(&b, s, points)
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) // every text in it is escaped
}

// describe says in words what the picture shows.
func (c Chart) describe(points []Point) string {
	low, high := points[0].Min, points[0].Max
	for _, p := range points {
		low, high = min(low, p.Min), max(high, p.Max)
	}
	last := points[len(points)-1]
	return fmt.Sprintf("%s over %s: now %s, lowest %s, highest %s", c.Title,
		text.Duration(last.At.Sub(points[0].At)), text.Figure(last.Last, c.Unit), text.Figure(low, c.Unit), text.Figure(high, c.Unit))
}

// axis writes the highest value and the times of both ends.
func (c Chart) axis(b *strings.Builder, s scale, points []Point) {
	label := func(x, y float64, anchor, words string) {
		fmt.Fprintf(b, `<text x="%g" y="%g" text-anchor="%s" font-size="11" fill="currentColor" font-family="sans-serif">%s</text>`,
			x, y, anchor, html.EscapeString(words))
	}
	label(2, 11, "start", text.Figure(s.top, c.Unit))
	label(2, height+14, "start", text.Duration(s.to.Sub(s.from))+" ago")
	label(width-2, height+14, "end", "now")
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

// thin joins neighbours until at most maxPoints are left.
func thin(points []Point) []Point {
	each := (len(points) + maxPoints - 1) / maxPoints
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
	return all
}

// scale turns times and values into places.
type scale struct {
	from, to time.Time
	top      float64
}

// newScale shows a limit that is at most four times the highest value; a farther
// one would press the line to the floor.
func newScale(points []Point, limit float64) scale {
	s := scale{from: points[0].At, to: points[len(points)-1].At}
	for _, p := range points {
		s.top = max(s.top, p.Max)
	}
	if limit > s.top && limit <= 4*s.top {
		s.top = limit
	}
	if s.top <= 0 {
		s.top = 1
	}
	return s
}

func (s scale) x(at time.Time) float64 {
	if !s.to.After(s.from) {
		return 0
	}
	return width * float64(at.Sub(s.from)) / float64(s.to.Sub(s.from))
}

func (s scale) y(value float64) float64 {
	return height * (1 - min(max(value/s.top, 0), 1))
}

func (s scale) line(points []Point) string {
	var b strings.Builder
	for _, p := range points {
		fmt.Fprintf(&b, "%.1f,%.1f ", s.x(p.At), s.y(p.Last))
	}
	return strings.TrimSpace(b.String())
}

// band goes along the highest values and back along the lowest.
func (s scale) band(points []Point) string {
	var b strings.Builder
	for _, p := range points {
		fmt.Fprintf(&b, "%.1f,%.1f ", s.x(p.At), s.y(p.Max))
	}
	for i := len(points) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "%.1f,%.1f ", s.x(points[i].At), s.y(points[i].Min))
	}
	return strings.TrimSpace(b.String())
}
