package cardinality

import "math/bits"

// miss returns the set to use for values that are not in the table as they are:
// the set of their canonical form, a new one, or one of the overflow. hashes are
// those of the values, nil if one of them is too long, and sum is that of a query.
func (v *Vec[T]) miss(values []string, hashes []uint64, sum uint64) *entry[T] {
	g := &v.guard
	if len(values) != len(g.labels) {
		g.misused.Add(1)
		g.overflowed[0].n.Add(1)
		e := v.overflow.Load()
		e.touch(g.epoch.Load())
		return e
	}
	if hashes != nil {
		var q query // filled field by field: a copy of the whole waits for the stores
		q.values, q.hashes, q.sum = values, hashes, sum
		if e := v.refused(&q, true); e != nil {
			return e
		}
	}
	if len(values) > inlineLabels {
		return v.missWide(values)
	}
	return v.missNarrow(values, hashes)
}

// missNarrow has a frame of its own, which values that are refused at once need not
// make room for.
//
//go:noinline
func (v *Vec[T]) missNarrow(values []string, hashes []uint64) *entry[T] {
	var s scratch
	return v.missed(s.query(len(values)), values, hashes)
}

// missed is a miss of values that may need another form, with an empty query.
func (v *Vec[T]) missed(q query, values []string, hashes []uint64) *entry[T] {
	g := &v.guard
	g.ask(&q, values, hashes)
	if q.misused {
		g.misused.Add(1)
	}
	hash := g.hash.set(&q, q.masked)
	if q.changed || q.masked != 0 {
		if e := v.table.Load().find(hash, q.masked, q.values); e != nil {
			return v.use(e, &q, hash, 0)
		}
	}
	if e := v.refused(&q, false); e != nil {
		return e
	}
	blocked := g.closed(&q, g.state.Load().closed, q.masked) &^ q.masked
	return v.use(v.admit(&q, hash), &q, hash, blocked)
}

// refused returns the set of the overflow for a query that is known to have to
// share it, nil if that is not known. raw says that the values were not brought to
// their canonical form. Those of a set that is found are in it; those of the labels
// that show the marker need not be, unless the user has a say in them.
func (v *Vec[T]) refused(q *query, raw bool) *entry[T] {
	g := &v.guard
	st := g.state.Load()
	hash := g.hash.set(q, q.masked)
	if raw && !st.plain || g.isGranted(hash) {
		return nil
	}
	masked, level := q.masked, 1
	if st.closed != 0 {
		if masked = g.closed(q, st.closed, q.masked); masked != q.masked {
			level = 0
		}
	}
	for t := v.table.Load(); level < st.shared.n; level++ {
		m := masked | st.shared.levels[level]
		if e := t.find(g.hash.set(q, m), m, q.values); e != nil {
			return v.use(e, q, hash, masked&^q.masked)
		}
		if st.shared.roomy[level] {
			return nil
		}
	}
	if raw || !st.shared.last {
		return nil
	}
	return v.use(v.overflow.Load(), q, hash, masked&^q.masked)
}

// use notes that a set is used for a query with a hash and returns it. A set of the
// overflow is counted as such; blocked are the labels whose limit is to blame.
func (v *Vec[T]) use(e *entry[T], q *query, hash, blocked uint64) *entry[T] {
	g := &v.guard
	e.touch(g.epoch.Load())
	if e.masked == 0 {
		return e
	}
	news := g.note(q, e.masked)
	if g.sampled(hash) {
		v.sample(q, hash, news, blocked, e.masked != q.masked)
	}
	return e
}

// sample looks at a lookup that overflowed: whether its set comes often enough to
// get a place, and what the values of labels that tripped look like. Who would have
// to wait for the mutex goes on: another sample will come.
func (v *Vec[T]) sample(q *query, hash, news, blocked uint64, refused bool) {
	g := &v.guard
	if !g.mu.TryLock() {
		return
	}
	defer g.mu.Unlock()
	g.countSample()
	g.learn(news)
	g.accuse()
	g.watch(q)
	if refused && v.folds {
		if g.sketch == nil {
			g.sketch = new(sketch)
		}
		if g.sketch.add(hash) {
			g.want(hash, only(blocked))
		}
	}
	v.pass()
	g.news.overflowed = g.pace.now
}

// only returns the index of the only label in a mask, or -1.
func only(mask uint64) int {
	if bits.OnesCount64(mask) != 1 {
		return -1
	}
	return bits.TrailingZeros64(mask)
}

// admit returns the set of a query, made now if there is room, or else one of the
// overflow.
func (v *Vec[T]) admit(q *query, hash uint64) *entry[T] {
	g := &v.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	v.advance()
	e := v.table.Load().find(hash, q.masked, q.values)
	if e == nil { // it did not come meanwhile
		e = v.place(q, g.claim(hash))
	}
	g.publish(g.isFull())
	return e
}

// place makes room for a query, or finds out who shares. Under the mutex.
func (v *Vec[T]) place(q *query, promised bool) *entry[T] {
	g := &v.guard
	masked := q.masked
	for i, l := range g.labels {
		if masked>>i&1 == 0 && l.limit > 0 && l.refs[q.hashes[i]] == 0 && !l.open(promised) {
			g.trip(i, "MaxValues")
			if !g.config.dryRun {
				masked |= 1 << i
			}
		}
	}
	if masked != q.masked {
		if e := v.table.Load().find(g.hash.set(q, masked), masked, q.values); e != nil {
			return e
		}
	}
	size := g.size(q.values, masked)
	limit := g.room(size, promised)
	switch {
	case limit == "":
		if promised {
			g.promoted.Add(1)
		}
		return v.insert(q, masked, false)
	case g.config.dryRun:
		g.overLimit(limit)
		g.group.give(-size)
		return v.insert(q, masked, false)
	case len(g.shared.levels) == 0:
		g.overLimit(limit)
	}
	return v.share(q, masked)
}

// lookup returns the set of values without a trace, nil if it has none of its own.
func (v *Vec[T]) lookup(values []string) *entry[T] {
	g := &v.guard
	if len(values) != len(g.labels) {
		return nil
	}
	var s scratch
	q := s.query(len(values))
	g.ask(&q, values, nil)
	return v.find(&q)
}

func (v *Vec[T]) find(q *query) *entry[T] {
	return v.table.Load().find(v.guard.hash.set(q, q.masked), q.masked, q.values)
}
