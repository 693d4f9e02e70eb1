package cardinality

// Delete removes a set with all that it recorded and reports whether there was
// one. Values that share the T of an overflow do not remove it; values that
// name the marker do.
func (v *Vec[T]) Delete(values ...string) bool {
	g := &v.guard
	if len(values) != len(g.labels) {
		return false
	}
	q := newQuery(len(values))
	g.ask(&q, values, nil) // before the mutex: Normalize may use the vec
	g.mu.Lock()
	defer g.mu.Unlock()
	e := v.find(&q)
	if e == nil || e.masked != 0 {
		e = v.lookupShown(values)
	}
	if e == nil || e.seen.Load() == 0 {
		return false
	}
	v.delete(e)
	g.publish(g.isFull())
	return true
}

// lookupShown returns the set of the overflow in which just the labels show the
// marker whose value is the marker.
func (v *Vec[T]) lookupShown(values []string) *entry[T] {
	g := &v.guard
	q := query{values: values, hashes: make([]uint64, len(values))}
	for i, value := range values {
		if value == g.config.marker {
			q.masked |= 1 << i
		} else {
			g.hash.put(&q, i, g.hash.of(value))
		}
	}
	if q.masked == 0 {
		return nil
	}
	return v.table.Load().find(g.hash.set(&q, q.masked), q.masked, values)
}

// delete removes an entry; that in which all labels show the marker is replaced.
// Under the mutex.
func (v *Vec[T]) delete(e *entry[T]) {
	if e.masked != v.guard.all() {
		v.remove(e)
		v.discount(e)
		return
	}
	v.replaceOverflow(e)
}

func (v *Vec[T]) replaceOverflow(old *entry[T]) {
	next := v.newEntry(v.nobody(), v.guard.all())
	if !v.born(next) {
		return // the old one stays in use
	}
	v.remove(old)
	v.install(next)
}

// nobody is the query of the set in which all labels show the marker.
func (v *Vec[T]) nobody() *query {
	q := newQuery(len(v.guard.labels))
	q.masked = v.guard.all()
	return &q
}

// DeleteFunc removes all sets for which the function returns true, and returns
// how many. It is called with the values that make got, also those of overflows,
// and must not use the vec.
func (v *Vec[T]) DeleteFunc(remove func(values []string) bool) int {
	v.guard.mu.Lock()
	defer v.guard.mu.Unlock()
	n := 0
	for e := range v.table.Load().all() {
		if e.seen.Load() != 0 && remove(e.shown()) {
			v.delete(e)
			n++
		}
	}
	v.guard.publish(v.guard.isFull())
	return n
}

// Reset removes all sets, those of the overflow too, and forgets all trips.
func (v *Vec[T]) Reset() {
	g := &v.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range v.leaving {
		if !v.leaving[i].given {
			v.discount(v.leaving[i].entry)
		}
	}
	v.leaving, v.hand = nil, -1
	for e := range v.table.Load().all() {
		v.delete(e)
	}
	fresh := newTable[T](0)
	fresh.put(v.overflow.Load())
	v.table.Store(fresh)
	g.reset()
}

// reset forgets what there was. Under the mutex.
func (g *Guard) reset() {
	for _, l := range g.labels {
		l.distinct.Store(nil)
		l.novelty, l.trip, l.reserved = 0, nil, 0
	}
	g.shared.levels, g.reserved, g.sketch, g.wanted = nil, 0, nil, nil
	for i := range g.granted {
		g.granted[i].Store(0)
	}
	g.news = news{}
	g.publish(false)
}
