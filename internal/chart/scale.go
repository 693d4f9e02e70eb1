package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scale turns times and values into places. The axis of values begins at zero, so
// that a small change does not look like a large one.
type scale struct {
	from, now, to time.Time
	top           float64
	future        bool // the axis goes on beyond now
}

// scale shows a limit that is at most four times the highest value; a farther one
// would press the line to the floor.
func (c Chart) scale(lines []Line) scale {
	s := scale{from: c.From, to: c.To}
	for _, line := range lines {
		for _, p := range line.Points {
			s.now = later(s.now, p.At)
		}
	}
	if c.From.IsZero() {
		s.from = firstOf(lines)
	}
	if s.to.IsZero() {
		s.to = s.now
	}
	s.now = later(s.now, c.To)
	if c.Forecast != nil && s.to.After(s.from) {
		s.to, s.future = s.now.Add(s.now.Sub(s.from)/4), true
	}
	s.top = max(c.highest(lines), c.highestAhead(lines[0].Points, s))
	if c.Limit > s.top && c.Limit <= 4*s.top {
		s.top = c.Limit * 1.02
	}
	if !(s.top > 0) || math.IsInf(s.top, 0) {
		s.top = 1
	}
	return s
}

func firstOf(lines []Line) (first time.Time) {
	for _, line := range lines {
		if len(line.Points) > 0 && (first.IsZero() || line.Points[0].At.Before(first)) {
			first = line.Points[0].At
		}
	}
	return first
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// highest is the largest value, in a pile the largest sum.
func (c Chart) highest(lines []Line) (top float64) {
	if c.Stacked {
		var sum []Point
		for _, line := range lines[1:] {
			sum = stack(sum, line.Points)
		}
		for _, p := range sum {
			top = max(top, p.Last)
		}
		return top
	}
	for _, line := range lines {
		for _, p := range line.Points {
			top = max(top, p.Max)
		}
	}
	return top
}

// highestAhead is where the forecast ends, as far as that does not press the past to
// the floor.
func (c Chart) highestAhead(points []Point, s scale) float64 {
	if !s.future || len(points) == 0 {
		return 0
	}
	last := points[len(points)-1]
	return min(last.Last+c.Forecast.High*s.to.Sub(last.At).Hours(), 2*c.highest([]Line{{Points: points}}))
}

func (s scale) x(at time.Time) int {
	if !s.to.After(s.from) {
		return 0
	}
	share := float64(at.Sub(s.from)) / float64(s.to.Sub(s.from))
	return int(math.Round(width * min(max(share, 0), 1)))
}

func (s scale) y(value float64) int {
	share := min(max(value/s.top, 0), 1)
	if math.IsNaN(share) {
		share = 0
	}
	return int(math.Round(height * (1 - share)))
}

// spot is a place in the picture.
type spot struct{ x, y int }

// spots are the places of a figure of points.
func (s scale) spots(points []Point, figure func(Point) float64) []spot {
	all := make([]spot, len(points))
	for i, p := range points {
		all[i] = spot{s.x(p.At), s.y(figure(p))}
	}
	return all
}

func last(p Point) float64 { return p.Last }

// line goes along the last values.
func (s scale) line(points []Point) string { return path(s.spots(points, last)) }

// band goes along the highest values and back along the lowest.
func (s scale) band(points []Point) string {
	upper := s.spots(points, func(p Point) float64 { return p.Max })
	lower := s.spots(points, func(p Point) float64 { return p.Min })
	slices.Reverse(lower)
	return path(append(upper, lower...))
}

// path joins spots by steps from one to the next, in as few characters as can be.
// What is level takes one step.
func path(spots []spot) string {
	var b strings.Builder
	for i, at := range spots {
		if i == 0 {
			fmt.Fprintf(&b, "M%d %dl", at.x, at.y)
			continue
		}
		if i+1 < len(spots) && at.y == spots[i-1].y && at.y == spots[i+1].y && at.x != spots[i+1].x {
			spots[i].x, spots[i].y = spots[i-1].x, spots[i-1].y // the next step goes on from there
			continue
		}
		dx, dy := at.x-spots[i-1].x, at.y-spots[i-1].y
		if !strings.HasSuffix(b.String(), "l") && dx >= 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(dx))
		if dy >= 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(dy))
	}
	return b.String()
}
