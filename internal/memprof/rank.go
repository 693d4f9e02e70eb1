package memprof

import "slices"

// maxPoints is how many points a series of the tracker has: those kept, and the
// present one.
const maxPoints = keptPoints + 1

// slopeOf returns the median slope between all pairs of points (Theil 1950, Sen
// 1968) and how monotonic they are, 0 to 1: the square of Kendall's tau, which is
// the share of pairs that rise less the share of those that fall. It is to tau
// what r² is to r; tau itself lets a large cache, with a slope by chance, win
// over a small leak more often. Both are 0 where no two points differ in time.
func slopeOf(hours, values []float64) (slope, monotonic float64) {
	var slopes [maxPoints * (maxPoints - 1) / 2]float64
	n, rise := 0, 0
	for j := range values {
		for i := range j {
			if dt := hours[j] - hours[i]; dt > 0 {
				slopes[n] = (values[j] - values[i]) / dt
				rise += sign(slopes[n])
				n++
			}
		}
	}
	if n == 0 {
		return 0, 0
	}
	sorted := slopes[:n]
	slices.Sort(sorted)
	tau := float64(rise) / float64(n)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2, tau * tau
}

func sign(x float64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// score ranks a site: slope by monotonicity, in bytes per hour, with the sign
// of its growth. Where slope and growth disagree, or it went up and down, it
// is 0.
func score(growth int64, slope, monotonic float64) float64 {
	if s := slope * monotonic; sign(s) == sign(float64(growth)) {
		return s
	}
	return 0
}

// best keeps the few highest of many, in order.
type best struct {
	picks []pick
	room  int
}

// pick is a site with its rank: score first, then weight.
type pick struct {
	score, weight float64
	site          int32
}

func (p pick) beats(other pick) bool {
	if p.score != other.score {
		return p.score > other.score
	}
	return p.weight > other.weight
}

func (b *best) add(p pick) {
	if len(b.picks) == b.room {
		if !p.beats(b.picks[b.room-1]) {
			return
		}
		b.picks = b.picks[:b.room-1]
	}
	at := len(b.picks)
	for at > 0 && p.beats(b.picks[at-1]) {
		at--
	}
	b.picks = slices.Insert(b.picks, at, p)
}

func (b *best) reset(room int) {
	if b.room = room; cap(b.picks) < room {
		b.picks = make([]pick, 0, room)
	}
	b.picks = b.picks[:0]
}
