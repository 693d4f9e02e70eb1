package cardinality

import (
	"iter"
	"sync"
	"sync/atomic"
)

// Folder is what a T implements so that its set may be demoted, which means that
// it gives its place to a set with more traffic. A T without it keeps its set
// until Delete or Reset.
//
// Fold adds to into all that was recorded since the last Fold and, if it can,
// sends on to into all that is recorded from now on. It is called the first time
// when the set has left the vec, and again until Retention/8 later and for 10 s at
// least, because goroutines may still hold the T: what they recorded in between
// must be added once. Calls do not overlap, but the methods that record run at the same time.
// Never is into a T that was folded itself.
//
//	type counter struct{ n atomic.Int64 }
//
//	func (c *counter) Fold(into *counter) { into.n.Add(c.n.Swap(0)) }
type Folder[T any] interface {
	Fold(into T)
}

// Retirer is a T that wants to know that its set has left the vec. Retire is
// called once, at Delete, Reset or, before the first Fold, when the set is
// demoted. A T that callers keep can look the set up again from then on. It must
// not call methods of the vec.
type Retirer interface{ Retire() }

// Active is a T that can say whether it is in use without being looked up,
// because callers keep it. Activity returns any number that changes whenever
// something is recorded. A set is demoted only if the number stayed the same
// for half of Retention.
type Active interface{ Activity() uint64 }

// Vec keeps one T for each set of label values, up to its limits. What is beyond
// them shares a T: that of the same set with the marker in place of the label that
// exploded, or, where even these are too many, that of the set whose labels all
// show the marker.
//
// All methods may be called at the same time, but not by make, Fold, Retire and
// Activity. None panics, unless a function that was given to [Vec.DeleteFunc] does.
type Vec[T any] struct {
	table atomic.Pointer[table[T]]
	guard Guard

	make     func(values []string) T
	folds    bool                     // T is a Folder
	overflow atomic.Pointer[entry[T]] // the set in which all labels show the marker
	scan     sync.RWMutex             // read by loops over all sets, written by demotion
	leaving  []ghost[T]               // demoted sets that goroutines may still hold
	hand     int                      // the slot of the table that is searched next, -1 = the search is over
}

// NewVec returns a Vec whose sets have these labels. make is called with the
// values of each set that is admitted, with the marker in those of the overflow;
// it may keep the slice. NewVec calls it once, for the set in which all labels show
// the marker. A set for which make panics later is counted as misused and shares
// the T of that one.
//
// NewVec panics if a label or an option makes no sense.
func NewVec[T any](labels []string, make func(values []string) T, options ...Option) *Vec[T] {
	s := newSettings(options)
	if err := s.validate(labels, make == nil); err != nil {
		panic(err)
	}
	v := &Vec[T]{make: make, hand: -1}
	v.guard.init(labels, s)
	v.guard.tick, v.guard.each = v.tick, v.each
	v.table.Store(newTable[T](0))
	first := v.newEntry(v.nobody(), v.guard.all())
	first.child = make(first.shown())
	_, v.folds = any(first.child).(Folder[T])
	v.install(first)
	if s.group != nil {
		v.guard.group = s.group
		s.group.add(&v.guard)
	}
	return v
}

// With returns the T of a set, made now if the set is new and admitted. The T is
// for immediate use: see [Vec.Handle] for one to keep. A hit does not allocate,
// neither does the overflow of up to 8 labels; values does not escape.
//
// Wrong use is counted (see [Stats.Misused]) and never lost: with a wrong number
// of values it returns the T whose labels all show the marker. Invalid UTF-8 is
// repaired with U+FFFD.
func (v *Vec[T]) With(values ...string) T { return v.resolve(values).child }

// With1 is With for vecs with one label, and faster.
func (v *Vec[T]) With1(a string) T { return v.resolve1(a).child }

// With2 is With for vecs with two labels, and faster.
func (v *Vec[T]) With2(a, b string) T { return v.resolve2(a, b).child }

// With3 is With for vecs with three labels, and faster.
func (v *Vec[T]) With3(a, b, c string) T { return v.resolve3(a, b, c).child }

// Resolve is With, and reports whether the set has a T of its own. false means
// that one of its labels shows the marker.
func (v *Vec[T]) Resolve(values ...string) (child T, own bool) {
	e := v.resolve(values)
	return e.child, e.masked == 0
}

// Peek returns the T of a set if the set has one of its own. It admits nothing
// and counts nothing.
func (v *Vec[T]) Peek(values ...string) (child T, ok bool) {
	if e := v.lookup(values); e != nil && e.masked == 0 {
		return e.child, true
	}
	return child, false
}

// Overflow returns the T of the set in which all labels show the marker.
func (v *Vec[T]) Overflow() T { return v.overflow.Load().child }

// Labels returns the names of the labels.
func (v *Vec[T]) Labels() []string { return v.guard.Labels() }

// Guard returns the face of the vec that does not depend on T: its limits, its
// figures, its trips. It is a metric.Source and a finding.Source.
func (v *Vec[T]) Guard() *Guard { return &v.guard }

// Len returns the number of sets in use, those of the overflow included.
func (v *Vec[T]) Len() int {
	n := 0
	for range v.Sets() {
		n++
	}
	return n
}

// Set is one set of label values and its T.
type Set[T any] struct {
	// Values are the label values as make got them. They must not be changed.
	Values []string
	// Child is what make returned.
	Child T
	// Overflow says that at least one label shows the marker.
	Overflow bool
}

// All returns the sets with their label values, those with the marker included
// once they were used. The slice must not be changed; it may be kept.
//
// It is weakly consistent: sets that come or go meanwhile may be in it or not. But
// no set is demoted during the loop, so what was recorded is found either in its
// set or in the overflow, never in both and never in neither, as long as both are
// read within the loop. (A set of its own may also be read after the loop, if the
// overflow was read within: a set that is demoted later still holds what it had.)
// Another All inside the loop is allowed, Delete and Reset too.
func (v *Vec[T]) All() iter.Seq2[[]string, T] {
	return func(yield func([]string, T) bool) {
		for set := range v.Sets() {
			if !yield(set.Values, set.Child) {
				return
			}
		}
	}
}

// Sets is All with a flag for those in which a label shows the marker.
func (v *Vec[T]) Sets() iter.Seq[Set[T]] {
	return func(yield func(Set[T]) bool) {
		v.tick()
		v.scan.RLock()
		defer v.scan.RUnlock()
		for e := range v.table.Load().all() {
			if e.gone.Load() || e.seen.Load() == 0 {
				continue
			}
			if !yield(Set[T]{Values: e.shown(), Child: e.child, Overflow: e.masked != 0}) {
				return
			}
		}
	}
}
