package memprof

import (
	"math"
	"time"
)

// maxFrames is how deep the runtime's public records go.
const maxFrames = 32

// Growth is how a site changed over the history of a Tracker.
type Growth struct {
	// Hash identifies the stack.
	Hash uint64
	// Bytes is the estimated change of what the site holds, Low and High its
	// bounds with 95 % confidence.
	Bytes, Low, High int64
	// PerHour is the median slope of what it held, in bytes per hour.
	PerHour float64
	// Samples is by how many sampled objects the site changed.
	Samples int64
	// Objects is the estimated number of objects in use.
	Objects int64
	// Allocs is the estimated number of objects allocated over the history, -1
	// where it is not known.
	Allocs int64
	// Over is the length of the history.
	Over time.Duration

	stack [maxFrames]uintptr
	depth int
}

// Stack returns the return addresses, leaf first. It is empty where the site
// is gone from the profile, which happens only with replayed records.
func (g *Growth) Stack() []uintptr { return g.stack[:g.depth] }

// MeanAge estimates how long objects of this site live, by Little's law: the
// number in use divided by the rate at which they are allocated. Where nothing
// was allocated over the history it is the length of that, and atLeast is
// true. It is 0 if not known.
func (g *Growth) MeanAge() (age time.Duration, atLeast bool) {
	switch {
	case g.Objects <= 0 || g.Allocs < 0 || g.Over <= 0:
		return 0, false
	case g.Allocs == 0:
		return g.Over, true
	}
	age = time.Duration(min(float64(g.Over)*float64(g.Objects)/float64(g.Allocs), math.MaxInt64/2))
	return age, false
}

func (t *Tracker) growthOf(r *Reader, i int32) Growth {
	s := &t.sites[i]
	row := t.rowOf(s, r.Rows())
	g := Growth{
		Hash: s.hash, Bytes: row.InUseBytes - s.first.bytes, Objects: row.InUseObjects,
		Samples: abs(row.Samples - int64(s.first.samples)),
		Allocs:  max(0, row.AllocObjects-s.first.allocs), Over: t.now.At.Sub(t.first.At),
	}
	if s.isLate {
		g.Allocs = -1
	}
	g.PerHour, _ = slopeOf(t.timeline(), t.seriesOf(s, &row))
	g.bound(s, &row, r.Rate())
	g.keepStack(t, r, s)
	return g
}

// bound computes Low and High. What was there before and is there still was
// sampled once and adds no error to the difference; what came and what left was
// sampled independently. What left is at most what was there, and at most what
// was freed since. A site that freed nothing lost nothing, and one that
// allocated nothing gained nothing: there is no error in that.
func (g *Growth) bound(s *site, row *Row, rate int) {
	freed := row.AllocBytes - row.InUseBytes - s.first.freed
	allocated := row.AllocBytes - s.first.freed - s.first.bytes
	left := max(0, -g.Bytes, min(s.first.bytes, freed))
	var came, went amount
	if came.value = float64(g.Bytes + left); came.value > 0 || allocated > 0 {
		came = estimate(came.value, spread(row, rate))
	}
	if left > 0 || freed > 0 {
		went = estimate(float64(left), spread(row, rate))
	}
	growth := came.less(went)
	g.Low = min(g.Bytes, int64(math.Floor(growth.low))) // floats round what is above 2^53
	g.High = max(g.Bytes, int64(math.Ceil(growth.high)))
}

// spread is the variance of an estimate per byte: that of what is in use, or if
// nothing is, the most that it can be.
func spread(row *Row, rate int) float64 {
	switch {
	case rate <= 1:
		return 0
	case row.InUseBytes > 0:
		return row.Variance / float64(row.InUseBytes)
	}
	return float64(rate)
}

// keepStack copies the stack from the record, or where there is none any more
// from what was shown before.
func (g *Growth) keepStack(t *Tracker, r *Reader, s *site) {
	if s.row >= 0 {
		g.depth = copy(g.stack[:], r.Stack(&r.table.rows[s.row]))
		return
	}
	for i := range t.shown.top {
		if before := &t.shown.top[i]; before.Hash == g.Hash {
			g.stack, g.depth = before.stack, before.depth
		}
	}
}

func abs(x int64) int64 { return max(x, -x) }

// Since returns what changed from a moment of the history, an index of
// Total.Kept, to the latest Step: bytes and objects in use, of the sites with a
// history.
func (t *Tracker) Since(r *Reader, moment int) Snapshot {
	d := difference{reader: r}
	rows := r.Rows()
	for i := range t.sites {
		s := &t.sites[i]
		row, before := t.rowOf(s, rows), Row{}
		before.InUseBytes, before.InUseObjects = s.at(moment)
		row.AllocBytes, row.AllocObjects = 0, 0
		d.add(row, before)
	}
	return Snapshot{At: t.now.At, Rows: d.rows, stacks: d.stacks}
}

// at returns what a site held at a moment.
func (s *site) at(moment int) (bytes, objects int64) {
	if moment == 0 {
		return s.first.bytes, int64(s.first.objects)
	}
	p := s.later[moment-1]
	return int64(p.bytes), int64(p.objects)
}
