package vitals

import (
	"math"
	"time"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/text"
)

// shownRows is how many rows a table of a panel has at most.
const shownRows = 10

// dayBack is the time over which now, min and max are taken where nobody asks for
// points.
const dayBack = 24 * time.Hour

// sight is what panels are made from, read once for all of them.
type sight struct {
	v      *Vitals
	now    time.Time
	points bool // somebody asked for them
	heap   []heap.HistoryPoint
	snap   heap.Snapshot
	series [seriesCount][]Point
	parts  partSamples
}

// sight reads what there is after since. The zero time asks for figures without points.
func (v *Vitals) sight(since time.Time) *sight {
	now, points := time.Now(), !since.IsZero()
	if !points {
		since = now.Add(-dayBack)
	}
	return &sight{
		v: v, now: now, points: points, heap: v.monitor.History(since), snap: v.monitor.Snapshot(),
		series: v.past.since(since), parts: v.partFigures(),
	}
}

// panels returns the panels of the page.
func (s *sight) panels() []Panel {
	all := []Panel{
		s.live(), s.owners(), s.growth(), s.goroutines(), s.lag(), s.collector(), s.labels(), s.work(),
	}
	if !s.points {
		for p := range all {
			for l := range all[p].Lines {
				all[p].Lines[l].Points = nil
			}
		}
	}
	return all
}

// of returns a series of the heap's own history.
func (s *sight) of(figure func(heap.HistoryPoint) heap.Range) []Point {
	points := make([]Point, 0, len(s.heap))
	for _, p := range s.heap {
		if r := figure(p); r.Known() {
			points = append(points, Point{At: p.At, Value: float64(r.Last), Min: float64(r.Min), Max: float64(r.Max)})
		}
	}
	return points
}

// lines leaves out those without a figure.
func lines(all ...Line) []Line {
	return filter(all, func(l Line) bool { return len(l.Points) > 0 })
}

// line makes a line of points.
func line(name, unit string, points []Point) Line {
	l := Line{Name: name, Unit: unit, Points: points}
	if len(points) == 0 {
		return l
	}
	l.Min, l.Max = math.Inf(1), math.Inf(-1)
	for _, p := range points {
		l.Min, l.Max = min(l.Min, p.Min), max(l.Max, p.Max)
	}
	l.Now = points[len(points)-1].Value
	return l
}

// over says how long a line is.
func over(l Line) string {
	if len(l.Points) < 2 {
		return "so far"
	}
	return "over " + text.Duration(l.Points[len(l.Points)-1].At.Sub(l.Points[0].At).Round(time.Second))
}

// moved says by how much a line went up or down, nothing of a single point.
func moved(l Line, unit string) string {
	if len(l.Points) < 2 {
		return ""
	}
	return ", " + text.Change(l.Now-l.Points[0].Value, unit) + " " + over(l)
}
