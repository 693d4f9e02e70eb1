package watch

import "math"

// residue is what each unit of work, such as a request, leaves behind.
type residue struct {
	points int
	fitted bool
	// each is left by a unit, if that could be fitted; least and most bound it at 95 %; errors is how many
	// standard errors it is away from nothing.
	each, least, most float64
	errors            float64
	// grown is what came on top from the first point to the last, work how much was
	// done meanwhile, and level the median of all points.
	grown, work, level float64
}

const (
	// accounted is how far what the work explains may be from what was gained, either
	// way: what is given back later does not pile up.
	accounted = 3
	// worthShare and the least of a kind are how much growth is worth a sentence.
	worthShare      = 0.05
	worthBytes      = 1 << 20
	worthGoroutines = 20
)

// worth is how much growth is worth a sentence.
func (r *residue) worth(least float64) float64 { return max(least, worthShare*r.level) }

// hidden reports whether there is growth that work may be to blame for as well as time.
func (r *residue) hidden(least float64) bool {
	return r.points >= fewestPoints && r.grown >= r.worth(least) && (!r.fitted || r.most*r.work >= r.grown/accounted)
}

// piles reports whether the work leaves so much behind that it is worth a sentence.
func (r *residue) piles(least float64) bool {
	explained := r.each * r.work
	return r.points >= fewestPoints && r.errors >= sure &&
		r.grown >= explained/accounted && r.grown <= explained*accounted &&
		min(r.grown, explained) >= r.worth(least)
}

// workPoint is a value, such as live memory, and the work that was done until then.
type workPoint struct {
	seconds, work, value float64
}

// left fits the growth from point to point by what could cause it: the work that was
// done, time that passes, and the load. The load because more memory at more requests
// per second is not left behind by them, and comes back when they get fewer. Where the
// load is always the same, work and time cannot be told apart, and errors stays low.
func left(points []workPoint) residue {
	r := residue{points: len(points)}
	if len(points) < fewestPoints {
		return r
	}
	first, last := points[0], points[len(points)-1]
	r.grown, r.work, r.level = last.value-first.value, last.work-first.work, middle(points)
	for _, block := range []int{shortBlock, longBlock} {
		slope, sigma, ok := slopeOf(rowsOf(points, block))
		sigma = max(sigma, math.Abs(slope)*1e-9) // what leaves exactly the same each time has none
		if errors := slope / sigma; ok && slope != 0 && (errors > r.errors || !r.fitted) {
			r.fitted, r.each, r.errors = true, slope, errors
			r.least, r.most = slope-1.96*sigma, slope+1.96*sigma
		}
	}
	return r
}

func middle(points []workPoint) float64 {
	var values []float64
	for _, p := range points {
		values = append(values, p.value)
	}
	return median(values)
}

// rowsOf takes the means of blocks of points, and an equation from each to the next.
func rowsOf(points []workPoint, block int) (rows []row) {
	var means []workPoint
	for i := 0; i+block <= len(points); i += block {
		var m workPoint
		for _, p := range points[i : i+block] {
			m.seconds += p.seconds / float64(block)
			m.work += p.work / float64(block)
			m.value += p.value / float64(block)
		}
		means = append(means, m)
	}
	for i := 2; i < len(means); i++ {
		rows = append(rows, newRow(means[i-2], means[i-1], means[i]))
	}
	return rows
}

// row is one equation: growth = x[0] × what a unit leaves + x[1] × what a second does
// + x[2] × what the load holds.
type row struct {
	x      [3]float64
	growth float64
}

func newRow(before, from, to workPoint) row {
	seconds, work := to.seconds-from.seconds, to.work-from.work
	rate, rateBefore := work/seconds, (from.work-before.work)/(from.seconds-before.seconds)
	return row{[3]float64{work, seconds, rate - rateBefore}, to.value - from.value}
}

// slopeOf returns the first coefficient of the least squares, and its standard error
// for residuals of unequal size that know of each other (Newey and West 1987). It
// reports false if the columns cannot be told apart.
func slopeOf(rows []row) (slope, sigma float64, ok bool) {
	// The first column, and the growth, without what the others explain: then it
	// is a line through the origin (Frisch, Waugh and Lovell).
	x, y := make([]float64, len(rows)), make([]float64, len(rows))
	for i, r := range rows {
		x[i], y[i] = r.x[0], r.growth
	}
	raw := squares(x)
	x, y = partialled(rows, x), partialled(rows, y)
	own := squares(x)
	if len(rows) < 8 || !(own > 1e-6*raw) {
		return 0, 0, false
	}
	slope = product(x, y, 0) / own
	moments := make([]float64, len(rows))
	for i := range moments {
		moments[i] = x[i] * (y[i] - slope*x[i])
	}
	variance := product(moments, moments, 0)
	for lag := 1; lag <= maxLag; lag++ {
		weight := 1 - float64(lag)/(maxLag+1)
		variance += 2 * weight * max(0, product(moments, moments, lag))
	}
	freedom := float64(len(rows)) / float64(len(rows)-3)
	return slope, math.Sqrt(variance*freedom) / own, true
}

// partialled returns what columns 1 and 2 of the rows leave of values.
func partialled(rows []row, values []float64) []float64 {
	seconds, change := make([]float64, len(rows)), make([]float64, len(rows))
	for i, r := range rows {
		seconds[i], change[i] = r.x[1], r.x[2]
	}
	change = apart(change, seconds)
	return apart(apart(values, seconds), change)
}

// apart returns what a line through the origin along other leaves of values.
func apart(values, other []float64) []float64 {
	slope, rest := 0.0, make([]float64, len(values))
	if s := squares(other); s > 0 {
		slope = product(values, other, 0) / s
	}
	for i, v := range values {
		rest[i] = v - slope*other[i]
	}
	return rest
}

func squares(values []float64) float64 { return product(values, values, 0) }

func product(a, b []float64, lag int) (sum float64) {
	for i := lag; i < len(a); i++ {
		sum += a[i] * b[i-lag]
	}
	return sum
}
