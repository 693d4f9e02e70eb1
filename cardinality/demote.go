package cardinality

import "time"

// ghost is a demoted set. Goroutines that looked it up before may still record in
// it, so it is folded again until nobody can be that slow.
type ghost[T any] struct {
	entry, into *entry[T]
	at          time.Duration // when it was demoted
	successor   uint64        // the hash of the candidate that gets the place
	given       bool          // the candidate has got it
}

// lateAtLeast is for how long a demoted set is folded where Retention is short, and
// maxLeaving bounds how many are.
const (
	lateAtLeast = 10 * time.Second
	maxLeaving  = 2 * maxWanted
)

// pass does what is due and tells lookups that miss. Under the mutex.
func (v *Vec[T]) pass() {
	v.advance()
	v.guard.publish(v.guard.isFull())
}

// advance is pass for those who publish by themselves.
func (v *Vec[T]) advance() {
	v.guard.pass()
	v.release()
	v.search()
}

// tick does what is due, and folds what was recorded late.
func (v *Vec[T]) tick() {
	v.guard.mu.Lock()
	defer v.guard.mu.Unlock()
	v.pass()
	for i := range v.leaving {
		v.fold(&v.leaving[i])
	}
}

// fold adds what was recorded in a demoted set to the overflow.
func (v *Vec[T]) fold(left *ghost[T]) {
	if left.into.gone.Load() {
		left.into = v.overflow.Load()
	}
	guarded(&v.guard, func() { any(left.entry.child).(Folder[T]).Fold(left.into.child) })
	left.into.touch(v.guard.epoch.Load())
}

// release gives away the places of sets that have been gone for an epoch, and
// forgets those in which nobody records any more.
func (v *Vec[T]) release() {
	g := &v.guard
	kept := v.leaving[:0]
	for _, left := range v.leaving {
		gone, epoch := g.pace.now-left.at, g.config.retention/epochs
		if gone >= epoch && !left.given {
			left.given = true
			v.fold(&left)
			v.discount(left.entry)
			g.grant(left.successor)
		}
		if gone < max(epoch, lateAtLeast) {
			kept = append(kept, left)
		} else {
			v.fold(&left)
		}
	}
	clear(v.leaving[len(kept):])
	v.leaving = kept
}

// A search looks at all sets, a part at a time, and begins again after a while.
const (
	searchPart = 1024
	searches   = 32 // in Retention, at most
)

// search demotes sets that are not used, as many as candidates wait.
func (v *Vec[T]) search() {
	g := &v.guard
	if !v.folds || g.unserved() == nil {
		v.hand = -1
		return
	}
	if v.hand < 0 {
		if g.pace.now-g.pace.scanned < g.config.retention/searches {
			return
		}
		g.pace.scanned, v.hand = g.pace.now, 0
	}
	slots := v.table.Load().slots
	for end := min(v.hand+searchPart, len(slots)); v.hand < end; v.hand++ {
		e := slots[v.hand].entry.Load()
		if e == nil || !v.unused(e) {
			continue
		}
		w := g.unserved()
		if w == nil || !v.demote(e, w) {
			return
		}
	}
	if v.hand >= len(slots) {
		v.hand = -1
	}
}

// unused reports whether a set was neither looked up for as long as Retention, nor
// recorded in for half of it.
func (v *Vec[T]) unused(e *entry[T]) bool {
	now := v.guard.epoch.Load()
	idle := now - e.seen.Load()
	if e.masked != 0 || idle <= epochs/2 {
		e.watched = 0
		return false
	}
	if active, ok := any(e.child).(Active); ok && !v.still(e, active, now) {
		return false
	}
	return idle > epochs
}

// still reports whether the activity of a set has not changed for half of
// Retention. If it has, the set counts as looked up now.
func (v *Vec[T]) still(e *entry[T], active Active, now uint32) bool {
	var activity uint64
	guarded(&v.guard, func() { activity = active.Activity() })
	switch {
	case e.watched == 0:
		e.watched, e.activity = now, activity
	case e.activity != activity:
		e.watched = 0
		e.seen.Store(now)
		return false
	}
	return now-e.watched >= epochs/2
}

// demote makes a set leave for a candidate: its totals go to the overflow. It
// reports false if that has to wait, for a loop over all sets that is running or for
// sets that left before.
func (v *Vec[T]) demote(e *entry[T], w *candidate) bool {
	g := &v.guard
	if w.label >= 0 && g.labels[w.label].refs[g.hash.of(e.values[w.label])] != 1 {
		return true // no value would become free
	}
	if len(v.leaving) == maxLeaving || !v.scan.TryLock() {
		return false
	}
	defer v.scan.Unlock()
	left := ghost[T]{entry: e, successor: w.hash, at: g.pace.now}
	left.into = v.heir(e, w)
	v.remove(e)
	v.fold(&left)
	v.leaving = append(v.leaving, left)
	w.leaving = true
	g.demoted.Add(1)
	return true
}

// heir returns the set of the overflow that gets what a set had: the one that its
// values would share now.
func (v *Vec[T]) heir(e *entry[T], w *candidate) *entry[T] {
	q := v.queryOf(e)
	if w.label >= 0 {
		if other := v.table.Load().find(v.guard.hash.set(q, 1<<w.label), 1<<w.label, q.values); other != nil {
			return other
		}
	}
	return v.share(q, 0)
}

// queryOf returns the query that finds an entry.
func (v *Vec[T]) queryOf(e *entry[T]) *query {
	q := &query{values: e.values, hashes: make([]uint64, len(e.values))}
	for i, value := range e.values {
		v.guard.hash.put(q, i, v.guard.hash.of(value))
	}
	return q
}
