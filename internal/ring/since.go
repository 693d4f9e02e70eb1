package ring

import "time"

// Point is a copy of one bucket.
type Point struct {
	// At is when the bucket begins.
	At time.Time
	// Every is how long it is.
	Every time.Duration
	// Series has one Range for each series.
	Series []Range
}

// Since returns the buckets that end after since, the oldest first, all from
// the finest tier that reaches back to since, or to the first value if that is
// later. The zero time asks for all there is. A bucket in which Add was not
// called is left out.
func (r *Ring) Since(since time.Time) []Point {
	if !r.started || len(r.tiers) == 0 {
		return nil
	}
	from := max(0, since.Sub(r.origin)) // far in the past Sub stops at the shortest Duration
	t := r.reaching(from)
	first := max(t.oldest(), int64(from/t.every))
	count := int(max(0, t.newest-first+1))
	points, all := make([]Point, 0, count), make([]Range, 0, count*r.series)
	for n := first; n <= t.newest; n++ {
		place := int(n % int64(len(t.numbers)))
		if t.numbers[place] != n+1 {
			continue
		}
		all = append(all, t.values[place*r.series:][:r.series]...)
		points = append(points, Point{
			At: r.origin.Add(time.Duration(n) * t.every), Every: t.every, Series: all[len(all)-r.series:],
		})
	}
	return points
}

// reaching returns the finest tier that still holds the given time since the
// origin, or else the coarsest.
func (r *Ring) reaching(from time.Duration) *tier {
	for i := range r.tiers {
		if t := &r.tiers[i]; time.Duration(t.oldest())*t.every <= from {
			return t
		}
	}
	return &r.tiers[len(r.tiers)-1]
}

// oldest returns the number of the oldest bucket that can still be held.
func (t *tier) oldest() int64 { return max(0, t.newest-int64(len(t.numbers))+1) }
