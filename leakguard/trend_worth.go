package leakguard

import "math"

// worth is what the load is worth in memory. It is learnt in the longest window
// in which the load changed otherwise than time did, and believed in all others:
// within one flank of a day nothing tells the load from a leak.
type worth struct {
	perLoad float64 // value for each unit of load
	reach   float64 // how far off that may be
	tier    int8    // in which it was learnt, 0 if it was not
}

// learningTier is the first tier that is long enough, and learningSpan is how long:
// at a minute, nearly a day. What warms up in the first hours is over by then. Joined
// lives are without their warm-ups, and joinedSpan of them is enough.
const (
	learningTier = 5
	learningSpan = 1380
	joinedSpan   = 720
)

// Lives that begin at the same hour see the same part of a day: they never tell load from
// time as well as a whole day does. They may teach up to an R² of joinedCollinear.
const joinedCollinear = 0.8

// longestDelay is how much later than the load the value may come, in buckets of
// the finest tier: what a request holds is often held for longer than it lasts.
const longestDelay = 60

// chooseDelay takes the delay of the load that fits best: the lowest point of the
// parabola through the scatter at none, half and all of the longest, if it is
// lower than these.
func (w *window) chooseDelay(t *Trend, k int) {
	if !w.waves {
		return
	}
	slow := slowLoad{x: w.x}
	slow.read(w, t, k)
	none := w.scatter()
	best, x, late, whole := none, w.x, 0.0, w.whole
	try := func(by float64) float64 {
		slow.move(w, by)
		left := w.scatter()
		if left < best {
			best, x, late, whole = left, w.x, by, w.whole
		}
		return left
	}
	half, all := try(longestDelay/2), try(longestDelay)
	if bend := none - 2*half + all; bend > 0 {
		try(min(max(longestDelay/2+longestDelay/4*(none-all)/bend, 0), longestDelay))
	}
	w.x, w.late, w.whole = x, late, whole
}

// slowLoad is the load of a window and the slow part of it, as a coarser tier
// knows that. Only the slow part is moved to later: not all memory is held equally
// long.
type slowLoad struct {
	x            [bucketCount]float64 // of the window
	loads        [bucketCount]float64 // of the tier, from the oldest bucket, NaN for none
	oldest       int64                // that any delay asks for
	count        int                  // of the buckets from there
	width        float64              // of its buckets
	place, start [bucketCount]float64 // of points and of their lives, in its buckets
	now          [bucketCount]float64
}

func (l *slowLoad) read(w *window, t *Trend, k int) {
	up := min(k+2, tierCount-1)
	tier := &t.tiers[up]
	l.width = float64(int64(1) << up)
	l.oldest = max(tier.newest-bucketCount+1, (w.first-longestDelay)>>up-1, 0)
	l.count = int(tier.newest - l.oldest + 1)
	for i := range l.count {
		l.loads[i] = math.NaN()
		if b := tier.at(l.oldest + int64(i)); b.points > 0 {
			l.loads[i] = float64(b.load)
		}
	}
	share := 1 / l.width // exact: widths are powers of two
	for i := range w.n {
		l.place[i] = (float64(w.first)+w.at[i]+w.width/2)*share - 0.5
		l.start[i] = float64(t.lives[w.life[i]].first >> up)
		l.now[i] = l.load(max(l.place[i], l.start[i]))
	}
}

// load returns the load between two buckets, NaN if it is not known.
func (l *slowLoad) load(at float64) float64 {
	number := int64(at)
	i := number - l.oldest
	if i < 0 || i >= int64(l.count) {
		return math.NaN()
	}
	load := l.loads[i]
	if i+1 < int64(l.count) && l.loads[i+1] == l.loads[i+1] {
		load += (at - float64(number)) * (l.loads[i+1] - load)
	}
	return load
}

// move gives the window the load of some time before each point. Before its
// start the load of a life is taken to have been what it was then.
func (l *slowLoad) move(w *window, by float64) {
	by /= l.width
	for i := range w.n {
		w.x[i] = l.x[i]
		if change := l.load(max(l.place[i]-by, l.start[i])) - l.now[i]; change == change {
			w.x[i] += change * w.scaleX
		}
	}
	w.reload()
}

// allow takes off the growth that another delay would explain. Where the load
// passes its peak, memory that comes after it rises against it, as straight as
// a leak does: a parabola moved by d is the parabola and a line.
func (f *fit) allow(w *window) {
	if !w.waves || w.worked {
		return
	}
	turn := 2 * w.curvature() * f.elasticity
	one, other := turn*(longestDelay-w.late), -turn*w.late
	f.slope += min(one, other, 0)
	f.low, f.high = f.low+min(one, other, 0), f.high+max(one, other, 0)
}

// curvature returns how much the load is bent: the coefficient of the square of
// the time, in the window of one life.
func (w *window) curvature() float64 {
	if w.lives != 1 && !w.stepped {
		return 0
	}
	var s sums // of the square in the place of y
	for i := range w.n {
		t := w.t[i] - w.t[w.n/2]
		s.add(t, t*t, w.x[i]-1)
	}
	s.centre()
	// What is left of the square and of the load beside a line.
	square, product := s.yy-s.ty*s.ty/s.tt, s.xy-s.tx*s.ty/s.tt
	if !(square > 0) {
		return 0
	}
	return product / square
}

// learn looks at what the load is worth in the window of a tier. Only windows in
// which load and time can be told apart say so, and of those the longest counts.
func (t *Trend) learn(k int) {
	if k < learningTier || int8(k) < t.worth.tier {
		return
	}
	var w window
	w.fill(t, k)
	span, most := float64(learningSpan), collinear
	if w.lives > 1 {
		span, most = joinedSpan, joinedCollinear
	}
	if !w.waves || w.n < shapely || w.span < span {
		return
	}
	w.chooseDelay(t, k)
	f := w.fit(math.Inf(-1), worth{})
	learnt := f.teaches(w.scaleX/w.scaleY, int8(k))
	// What a shorter window told more surely stays.
	better := t.worth.tier > 0 && f.together > collinear && t.worth.reach <= learnt.reach
	if f.together <= most && !better && isFigure(learnt.perLoad) && isFigure(learnt.reach) {
		t.worth = learnt
	}
}

// teaches returns what the fit says that the load is worth. It is as far off as the
// inflation of variance beside time says, 1/(1-R²).
func (f *fit) teaches(unit float64, tier int8) worth {
	off := offLate * max(1, (1-collinear)/(1-f.together))
	return worth{perLoad: f.elasticity * unit, reach: (off + doubts*f.doubt) * unit, tier: tier}
}
