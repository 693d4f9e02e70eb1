package vitals

import (
	"cmp"
	"math"
	"slices"
)

const (
	maxFigurePoints = 120 // some 40 KB of JSON
	recentPoints    = 60  // the latest, which are never joined
)

// figureHistory is a bounded number of points over all of a life. The latest are kept as they
// are, to be compared with what another process did at the same time. Of the others,
// when it is full, the one that is missed least is joined with the next: so they lie as
// dense as the age at which they were taken asks for, and a young process can be
// compared with what an old one was at its age.
type figureHistory struct{ points []FigurePoint }

func (h *figureHistory) add(p FigurePoint) {
	h.points = append(h.points, p)
	if len(h.points) > maxFigurePoints {
		h.thin()
	}
}

// thin joins the point that is missed least with the one after it.
func (h *figureHistory) thin() {
	least, at := math.Inf(1), 1
	for i := 1; i < len(h.points)-recentPoints; i++ {
		gap := (h.points[i+1].UptimeSeconds - h.points[i-1].UptimeSeconds) / h.points[i+1].UptimeSeconds
		if gap < least {
			least, at = gap, i
		}
	}
	h.points[at+1] = joined(h.points[at-1], h.points[at], h.points[at+1])
	h.points = slices.Delete(h.points, at, at+1)
}

// joined is one point for two that follow each other, and a point before both.
func joined(before, a, b FigurePoint) FigurePoint {
	inA, inB := float64(a.Requests-before.Requests), float64(b.Requests-a.Requests)
	b.P50, b.P90 = average(a.P50, inA, b.P50, inB), average(a.P90, inA, b.P90, inB)
	b.P99 = average(a.P99, inA, b.P99, inB)
	b.Max = max(a.Max, b.Max)
	b.LiveBytes, b.RSSBytes = lowest(a.LiveBytes, b.LiveBytes), lowest(a.RSSBytes, b.RSSBytes)
	b.Goroutines, b.Series = lowest(a.Goroutines, b.Goroutines), lowest(a.Series, b.Series)
	return b
}

// average weighs two values, of which 0 is not known.
func average(a, weightA, b, weightB float64) float64 {
	switch {
	case a == 0 || weightA <= 0:
		return b
	case b == 0 || weightB <= 0:
		return a
	}
	return (a*weightA + b*weightB) / (weightA + weightB)
}

// lowest is the lower of two values, of which 0 is not known.
func lowest[T cmp.Ordered](a, b T) T {
	var unknown T
	if a == unknown || b != unknown && b < a {
		return b
	}
	return a
}
