package cardinality

import (
	"slices"
	"strings"
)

// newEntry returns the entry of a query, with a copy of its values: a value may be
// a part of something large, which would stay in memory with it.
func (v *Vec[T]) newEntry(q *query, masked uint64) *entry[T] {
	g := &v.guard
	e := &entry[T]{hash: g.hash.set(q, masked), masked: masked, own: int32(len(q.values))}
	e.values = cloned(e.inline[:0], q.values, masked)
	if masked != 0 {
		e.own = -1
	}
	if masked != 0 || slices.ContainsFunc(e.values, g.config.isForged) {
		shown := g.config.show(e.values, masked)
		e.differs = &shown
	}
	return e
}

// cloned appends copies of values, "" where masked, that are parts of one string.
func cloned(to, values []string, masked uint64) []string {
	var room [128]byte // for most
	all := room[:0]
	for i, value := range values {
		if masked>>i&1 == 0 {
			all = append(all, value...)
		}
	}
	rest := string(all)
	for i, value := range values {
		if masked>>i&1 != 0 {
			value = ""
		}
		to, rest = append(to, rest[:len(value)]), rest[len(value):]
	}
	return to
}

// isForged reports whether a value from outside looks like the marker, or like one
// that was told from it before.
func (s *settings) isForged(value string) bool {
	before, ok := strings.CutSuffix(value, s.marker)
	return ok && strings.Trim(before, "_") == ""
}

// show returns the values as they are to be seen: the marker where masked, and
// something else where a value would look like it.
func (s *settings) show(values []string, masked uint64) []string {
	shown := make([]string, len(values))
	for i, value := range values {
		switch {
		case masked>>i&1 != 0:
			shown[i] = s.marker
		case s.isForged(value):
			shown[i] = "_" + value
		default:
			shown[i] = value
		}
	}
	return shown
}

// born calls make; ok is false if it panicked.
func (v *Vec[T]) born(e *entry[T]) (ok bool) {
	defer func() {
		if !ok {
			_ = recover()
			v.guard.misused.Add(1)
		}
	}()
	e.child = v.make(e.shown())
	return true
}

// insert makes the set of a query with the labels of the mask as the marker, for
// which there is room. extra says that it is one of shared. Under the mutex.
func (v *Vec[T]) insert(q *query, masked uint64, extra bool) *entry[T] {
	g := &v.guard
	e := v.newEntry(q, masked)
	e.extra = extra
	if !v.born(e) {
		g.group.give(g.size(e.values, 0))
		return v.overflow.Load()
	}
	for i, l := range g.labels {
		if masked>>i&1 == 0 {
			l.ref(q.hashes[i])
		}
	}
	g.count(g.size(e.values, 0), extra)
	v.install(e)
	if g.sets >= countFrom {
		g.startCounting()
	}
	g.learn(g.note(q, g.all()))
	return e
}

// install puts an entry into the table.
func (v *Vec[T]) install(e *entry[T]) {
	if e.masked == v.guard.all() {
		v.overflow.Store(e)
	} else {
		e.seen.Store(v.guard.epoch.Load())
	}
	t := v.table.Load()
	if next := t.add(e); next != t {
		v.table.Store(next)
	}
}

// remove takes an entry out of the table, for good. Under the mutex.
func (v *Vec[T]) remove(e *entry[T]) {
	v.table.Load().remove(e)
	e.gone.Store(true)
	if r, ok := any(e.child).(Retirer); ok {
		guarded(&v.guard, r.Retire)
	}
}

// discount gives back the room of an entry that has gone.
func (v *Vec[T]) discount(e *entry[T]) {
	g := &v.guard
	g.forget(g.size(e.values, 0), e.extra)
	for i, l := range g.labels {
		if l.limit > 0 && e.masked>>i&1 == 0 {
			l.unref(g.hash.of(e.values[i]))
		}
	}
}

// guarded calls a method of a T; a panic in it is caught and counted.
func guarded(g *Guard, call func()) {
	returned := false
	defer func() {
		if !returned {
			_ = recover()
			g.misused.Add(1)
		}
	}()
	call()
	returned = true
}

// each visits the values of all sets. Under the mutex.
func (v *Vec[T]) each(visit func(values []string, masked uint64)) {
	for e := range v.table.Load().all() {
		visit(e.values, e.masked)
	}
}
