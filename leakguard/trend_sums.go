package leakguard

// sums are the moments of the points of one life, or of several lives about
// the mean of each.
type sums struct{ n, t, y, x, tt, ty, tx, yy, xy, xx float64 }

func (s *sums) add(t, y, x float64) {
	s.n++
	s.t += t
	s.y += y
	s.x += x
	s.tt += t * t
	s.ty += t * y
	s.tx += t * x
	s.yy += y * y
	s.xy += x * y
	s.xx += x * x
}

// centre takes the products about the mean.
func (s *sums) centre() {
	if s.n == 0 {
		return
	}
	s.tt -= s.t * s.t / s.n
	s.ty -= s.t * s.y / s.n
	s.tx -= s.t * s.x / s.n
	s.yy -= s.y * s.y / s.n
	s.xy -= s.x * s.y / s.n
	s.xx -= s.x * s.x / s.n
}

func (s *sums) join(o sums) {
	o.centre()
	s.n += o.n
	s.tt += o.tt
	s.ty += o.ty
	s.tx += o.tx
	s.yy += o.yy
	s.xy += o.xy
	s.xx += o.xx
}

// moments sums over the points of a window from one to another, all of one life. The
// sums are plain variables, for those in a struct are kept in memory.
func (w *window) moments(from, to int) sums {
	var st, sy, sx, tt, ty, tx, yy, xy, xx float64
	middle := w.t[w.n/2]
	times, values, loads := w.t[from:to], w.y[from:to], w.x[from:to]
	for i := range times {
		t, y, x := times[i]-middle, values[i]-1, loads[i]-1
		st += t
		sy += y
		sx += x
		tt += t * t
		ty += t * y
		tx += t * x
		yy += y * y
		xy += x * y
		xx += x * x
	}
	return sums{float64(to - from), st, sy, sx, tt, ty, tx, yy, xy, xx}
}

// between sums over the points of a window between two parts of their lives.
// Each life keeps a level of its own, so that only slopes are joined.
func (w *window) between(from, to float64) sums {
	w.parts()
	var all sums
	for i := 0; i < w.n; {
		end := w.lifeEnd(i)
		for i < end && w.part[i] < from {
			i++
		}
		first := i
		for i < end && w.part[i] <= to {
			i++
		}
		all.join(w.moments(first, i))
		i = end
	}
	return all
}

// lifeEnd is where the life of a point ends.
func (w *window) lifeEnd(start int) int {
	if w.lives == 1 {
		return w.n
	}
	end := start + 1
	for end < w.n && w.life[end] == w.life[start] {
		end++
	}
	return end
}

// total is between of the whole window.
func (w *window) total() sums {
	if w.lives != 1 {
		return w.between(0, 1)
	}
	var all sums
	all.join(w.moments(0, w.n))
	return all
}

// reload takes the load into the sums anew, where nothing else has changed.
func (w *window) reload() {
	if w.lives != 1 || w.whole.n == 0 {
		w.whole = w.between(0, 1)
		return
	}
	var st, sy, sx, tx, xy, xx float64
	middle, n := w.t[w.n/2], w.whole.n
	for i := range w.n {
		t, y, x := w.t[i]-middle, w.y[i]-1, w.x[i]-1
		st += t
		sy += y
		sx += x
		tx += t * x
		xy += x * y
		xx += x * x
	}
	w.whole.tx = tx - st*sx/n
	w.whole.xy = xy - sx*sy/n
	w.whole.xx = xx - sx*sx/n
}

// slope returns what y rises per bucket when each unit of load explains b.
func (s *sums) slope(b float64) float64 {
	if s.tt <= 0 {
		return 0
	}
	return (s.ty - b*s.tx) / s.tt
}
