package leakguard

// window is what one tier holds, ready for arithmetic: times in buckets of the
// finest tier, values and loads as multiples of their mean.
type window struct {
	n     int
	width float64 // of a bucket
	span  float64 // how long the lives lasted within the window together
	lives int
	open  int   // where the life that is being read begins
	first int64 // number of the first bucket, at the finest tier

	level          float64 // the mean value
	scaleY, scaleX float64 // what values and loads are multiplied by
	known          bool    // the load is known throughout …
	loads          bool    // … and changes
	waves          bool    // … by so much that it matters when
	late           float64 // the delay of the load
	worked         bool    // the clock of the fit is the work that was done
	parted         bool    // part is filled in
	byLife         bool    // the points are late parts of lives
	stepped        bool    // the two lives are the sides of a step in one

	at      [bucketCount]float64 // time, from first
	t, y, x [bucketCount]float64 // the clock of the fit, value and load
	part    [bucketCount]float64 // how far into its life a point is, 0 to 1, see parts
	life    [bucketCount]uint8

	whole sums // of all points, once they are needed
}

// leastPerLife is how many buckets of a life say something about its slope.
const leastPerLife = 4

// joinTier is the first tier that joins the slopes of several lives. Shorter
// windows see the latest life alone: the others would be snippets.
const joinTier = 4

// fill reads a tier into a window that is still empty. The newest bucket of a coarse
// tier is left out until it is whole: the trough of half a bucket is higher than that
// of a whole one.
func (w *window) fill(t *Trend, k int) {
	tier := &t.tiers[k]
	w.width = float64(int64(1) << k)
	end := tier.newest
	if k > 0 {
		end--
	}
	at := 0
	if k < joinTier {
		at = t.lifeN - 1
	}
	n := max(0, tier.newest-bucketCount+1, t.lives[at].first>>k)
	for place := int(n % bucketCount); n <= end; n++ {
		b := &tier.buckets[place]
		if place++; place == bucketCount {
			place = 0
		}
		if b.points == 0 {
			continue
		}
		for at+1 < t.lifeN && t.lives[at+1].first <= n<<k {
			at++
		}
		w.add(n, b, uint8(at))
	}
	w.closeLife()
	if w.lives > 1 {
		w.skipWarmUps(t)
	}
	w.scale()
}

// warmUp is the part of the life of each process that is left out where lives are
// joined: all of them warm up, and the pieces would add up to a slope. After a
// change of regime nothing warms up.
const (
	warmUp      = 0.4
	leastWarmUp = 180 // buckets
)

func (w *window) skipWarmUps(t *Trend) {
	w.parts()
	all := *w
	w.parted = false
	var begins [maxLives]float64
	for i := all.n - 1; i >= 0; i-- {
		begins[all.life[i]] = all.at[i]
	}
	w.n, w.open, w.lives, w.span = 0, 0, 0, 0
	for i := range all.n {
		early := all.part[i] < warmUp || all.at[i] < begins[all.life[i]]+leastWarmUp
		if early && t.lives[all.life[i]].cold {
			continue
		}
		if w.n > w.open && w.life[w.n-1] != all.life[i] {
			w.closeLife()
		}
		w.at[w.n], w.y[w.n], w.x[w.n], w.life[w.n] = all.at[i], all.y[i], all.x[i], all.life[i]
		w.n++
	}
	w.closeLife()
}

func (w *window) add(number int64, b *bucket, life uint8) {
	if w.n > w.open && w.life[w.n-1] != life {
		w.closeLife()
	}
	if w.n == 0 {
		w.first = number * int64(w.width)
	}
	w.at[w.n] = float64(number*int64(w.width) - w.first)
	w.y[w.n], w.x[w.n], w.life[w.n] = b.value, float64(b.load), life
	w.n++
}

// closeLife ends the life of the latest points: too few are dropped.
func (w *window) closeLife() {
	start := w.open
	if w.n-start < leastPerLife {
		w.n = start
		return
	}
	w.open = w.n
	w.lives++
	length := w.at[w.n-1] - w.at[start]
	copy(w.t[start:w.n], w.at[start:w.n])
	w.span += length + w.width
}

// parts fills in how far into its life each point is. Most windows are turned down
// before anybody asks.
func (w *window) parts() {
	if w.parted {
		return
	}
	w.parted = true
	for start := 0; start < w.n; {
		end := w.lifeEnd(start)
		length := w.at[end-1] - w.at[start]
		for i := start; i < end; i++ {
			w.part[i] = (w.at[i] - w.at[start]) / length
		}
		start = end
	}
}

// extent is how many buckets there are from the first point to the last.
func (w *window) extent() float64 { return (w.at[w.n-1]-w.at[0])/w.width + 1 }

// leastLoadChange is the relative standard deviation below which the load is
// constant: nothing can follow it.
const leastLoadChange = 0.01

// leastWave is that below which its delay does not matter.
const leastWave = 0.05

// scale divides values and loads by their means, and notes whether the load can
// be used.
func (w *window) scale() {
	level, load, known := 0.0, 0.0, 0.0
	for i := range w.n {
		level += w.y[i]
		if w.x[i] == w.x[i] {
			known++
			load += w.x[i]
		}
	}
	w.known = w.n > 0 && known >= 0.9*float64(w.n)
	w.level = level / float64(max(w.n, 1))
	w.scaleY, w.scaleX = 1/w.level, known/load
	if w.level < 1/highest {
		w.scaleY = 1
	}
	spread := 0.0
	for i := range w.n {
		w.y[i] *= w.scaleY
		if w.x[i] *= w.scaleX; !(w.x[i] >= 0) {
			w.x[i] = 1
		}
		spread += (w.x[i] - 1) * (w.x[i] - 1)
	}
	w.loads = w.known && load > 0 && spread > leastLoadChange*leastLoadChange*float64(w.n)
	w.waves = w.loads && spread > leastWave*leastWave*float64(w.n)
}

// byWork replaces time by the work that was done, at the same total: what
// leaks with each request is straight by that clock.
func (w *window) byWork() {
	w.worked, w.whole = true, sums{}
	time, total := 0.0, 0.0
	for start := 0; start < w.n; {
		end, work := w.lifeEnd(start), 0.0
		w.t[start] = 0
		for i := start + 1; i < end; i++ {
			work += (w.x[i] + w.x[i-1]) / 2 * (w.at[i] - w.at[i-1])
			w.t[i] = work
		}
		time += w.at[end-1] - w.at[start]
		total += work
		start = end
	}
	for start := 0; start < w.n; {
		end := w.lifeEnd(start)
		for i := start; i < end; i++ {
			w.t[i] = w.at[start] + w.t[i]*time/total
		}
		start = end
	}
}
