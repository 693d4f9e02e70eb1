package leakguard

import "math"

// A life of hours says little, but many say a lot: a leak gives all of them the same
// slope, and noise does not. What comes after the warm-up of each life is kept as
// lateParts means, longer than the tiers remember it, and those of the latest lives make
// a window of their own, called livesTier. How far the slopes of single lives differ is
// the error of that of all: no model of the noise is needed.
const (
	livesTier = tierCount
	lateParts = 4
	leastPart = 15 // buckets
	// mostPart is what the longest window surely remembers of each: a life of weeks is
	// late in its last four days.
	mostPart = (bucketCount - 2) << (tierCount - 1) / lateParts
	// leastLives are needed; all that fit are asked, and then the fewLives latest
	// alone, for a leak may have come with one of them.
	leastLives = 4
	fewLives   = 6
	mostLives  = bucketCount / lateParts
	// Both errors, that between lives and that of the residuals, must allow
	// livesSignificant.
	livesSignificant = 4
	// Where less than shortLate is left of a life, the end of a slow warm-up is nearly
	// straight: the last part must rise by leastHalves of the first, keepsPace standard
	// errors beyond doubt.
	shortLate = 240 // buckets
	keepsPace = 4
)

// lateLife is a life without its warm-up, in equal parts: mean values and loads. Loads are
// NaN where they are not known. A value below 0 means that the life is too short.
type lateLife struct {
	values [lateParts]float64
	loads  [lateParts]float32
}

// cut returns where what is late begins, in buckets, and how many each part has.
func (l *life) cut() (begin, part int64) {
	length := l.last - l.first + 1
	part = min((length-max(int64(warmUp*float64(length)), leastWarmUp))/lateParts, mostPart)
	return l.last + 1 - part*lateParts, part
}

// lateOf reads the latest life from the finest tier that has all that is late in it.
func (t *Trend) lateOf(l *life) lateLife {
	begin, part := l.cut()
	if part < leastPart {
		return lateLife{values: [lateParts]float64{-1}}
	}
	k := 0
	for k+1 < tierCount && t.tiers[k].newest-bucketCount >= begin>>k {
		k++
	}
	var late lateLife
	for i := range late.values {
		from := begin + int64(i)*part
		value, load := t.tiers[k].mean(from>>k, (from+part)>>k)
		if value < 0 {
			return lateLife{values: [lateParts]float64{-1}}
		}
		late.values[i], late.loads[i] = value, load
	}
	return late
}

// mean returns what some buckets hold, a value below 0 if they are empty.
func (t *tier) mean(from, to int64) (value float64, load float32) {
	n := 0.0
	for number := max(from, t.newest-bucketCount+1); number < to; number++ {
		if b := t.at(number); b.points > 0 {
			n++
			value += (b.value - value) / n
			load += (b.load - load) / float32(n)
		}
	}
	if n == 0 {
		return -1, 0
	}
	return value, load
}

// fillLives makes a window of the latest lives. The last of them goes on.
func (w *window) fillLives(t *Trend, most int) {
	w.byLife = true
	now := &t.lives[t.lifeN-1]
	latest := t.lateOf(now)
	var lates [maxLives]*lateLife
	from := t.lifeN
	for n := 0; from > 0 && n < most; {
		from--
		late := &t.lives[from].late
		if from == t.lifeN-1 {
			late = &latest
		}
		if t.lives[from].cold && late.values[0] >= 0 {
			lates[from] = late
			n++
		}
	}
	for i := from; i < t.lifeN; i++ {
		if lates[i] != nil {
			w.addLife(&t.lives[i], lates[i], uint8(i))
		}
	}
	w.scale()
}

func (w *window) addLife(l *life, late *lateLife, number uint8) {
	begin, part := l.cut()
	if w.n == 0 {
		w.first = begin
	}
	w.width = float64(part)
	for i := range late.values {
		w.at[w.n] = float64(begin + int64(i)*part - w.first)
		w.y[w.n], w.x[w.n], w.life[w.n] = late.values[i], float64(late.loads[i]), number
		w.n++
	}
	w.closeLife()
}

// examineLives judges many lives. Where the load is not told nothing is said: lives that
// begin at the same hour all rise with the day.
func (e *evidence) examineLives(t *Trend, to depth) {
	e.failed = tooFew
	if t.lifeN < leastLives {
		return
	}
	e.examineLatest(t, mostLives, to)
	if e.failed == passed || e.window.lives <= fewLives {
		return
	}
	few := evidence{tier: e.tier, least: e.least}
	if few.examineLatest(t, fewLives, to); few.failed == passed {
		*e = few
	}
}

func (e *evidence) examineLatest(t *Trend, most int, to depth) {
	w := &e.window
	w.fillLives(t, most)
	if e.failed = tooFew; w.lives < leastLives || !w.known {
		return
	}
	e.judge(t, to)
}

// errorByLives takes the error from how far the slopes of single lives differ, unless
// that of the residuals is larger.
func (f *fit) errorByLives(w *window, s *sums) {
	rests := w.rests(f)
	square := 0.0
	for i := 0; i < w.n; i += lateParts {
		middle, product := (w.t[i]+w.t[i+lateParts-1])/2, 0.0
		for k := i; k < i+lateParts; k++ {
			product += (w.t[k] - middle) * rests[k]
		}
		square += product * product
	}
	n := float64(w.lives)
	f.error = max(f.error, math.Sqrt(square*n/(n-1))/s.tt)
	reach := quantile(n-1) * f.error
	f.low, f.high = f.best-reach, f.best+reach
}

// mayWarmUp reports whether short lives may rise because they all still warm up.
func (w *window) mayWarmUp(elasticity float64) bool {
	n := float64(w.lives)
	if w.span >= shortLate*n {
		return false
	}
	mean, square := 0.0, 0.0
	for i := 0; i < w.n; i += lateParts {
		last := i + lateParts - 2
		beyond := (w.rise(last, elasticity) - leastHalves*w.rise(i, elasticity)) / (w.at[i+1] - w.at[i])
		mean += beyond / n
		square += beyond * beyond / n
	}
	return mean < keepsPace*math.Sqrt(max(square-mean*mean, 0)/(n-1))
}

// rise is that from a point to the next, without the share of the load.
func (w *window) rise(i int, elasticity float64) float64 {
	return w.y[i+1] - w.y[i] - elasticity*(w.x[i+1]-w.x[i])
}
