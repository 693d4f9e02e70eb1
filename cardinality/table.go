package cardinality

import (
	"iter"
	"math/bits"
	"sync/atomic"
)

// entry is a set of label values with its T. All but the atomic fields stays as
// it is once the entry is in a table, or is used under the mutex of the guard. What
// a hit reads comes first.
type entry[T any] struct {
	own    int32         // the number of values, -1 if one is masked
	seen   atomic.Uint32 // the epoch of the last lookup, 0 = none yet
	gone   atomic.Bool   // it has left the table
	extra  bool          // it is one of shared
	child  T
	masked uint64          // the labels that show the marker
	inline [inlined]string // where the values usually are
	values []string        // as they are looked up; "" where masked

	hash     uint64
	differs  *[]string // the values as make got them, nil = as they are looked up
	activity uint64    // of an Active child …
	watched  uint32    // … in this epoch
}

// shown returns the values as make got them.
func (e *entry[T]) shown() []string {
	if e.differs != nil {
		return *e.differs
	}
	return e.values
}

const inlined = 3

// touch notes that the entry was looked up. The store happens once in an epoch,
// so that readers on other cores keep the cache line.
func (e *entry[T]) touch(epoch uint32) {
	if e.seen.Load() != epoch {
		e.seen.Store(epoch)
	}
}

// Hashes below firstHash mark slots.
const (
	empty uint64 = iota
	deleted
	firstHash
)

// slot holds the hash beside the entry, so that a lookup reads the memory of no
// other entry than the right one.
type slot[T any] struct {
	hash  atomic.Uint64
	entry atomic.Pointer[entry[T]]
}

// table is a hash table with open addressing, read without a lock. Writers hold
// the mutex of the guard. A reader that comes during a write may miss an entry; it
// looks again under the mutex.
type table[T any] struct {
	shift uint8 // the index of a hash is in its high bits
	last  uint64
	slots []slot[T]
	// A bit for each sixteenth of a slot says that an entry came there. Most of
	// what is not in the table finds its bit unset, which a processor foresees
	// better than whether one more slot of a run is taken.
	came  []atomic.Uint64
	taken int // slots that are not empty
	live  int // entries
}

// newTable returns a table that n entries fill by half at most.
func newTable[T any](n int) *table[T] {
	size := 1 << bits.Len(uint(max(15, 2*n-1)))
	return &table[T]{
		shift: uint8(64 - bits.TrailingZeros(uint(size))), last: uint64(size - 1),
		slots: make([]slot[T], size), came: make([]atomic.Uint64, size/4),
	}
}

// find returns the entry of the values, nil if there is none.
func (t *table[T]) find(hash uint64, masked uint64, values []string) *entry[T] {
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		switch s.hash.Load() {
		case hash:
			if e := s.entry.Load(); e != nil && e.is(masked, values) {
				return e
			}
		case empty:
			return nil
		}
	}
}

// first returns an entry with the hash, nil if there is none. Where several have the
// hash, which chance does not bring about, find may find another.
func (t *table[T]) first(hash uint64) *entry[T] {
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		if h := s.hash.Load(); h == hash {
			return s.entry.Load()
		} else if h == empty {
			return nil
		}
	}
}

// is reports whether the entry is that of the values. What is masked in the entry
// is "" there and has any value in the query.
func (e *entry[T]) is(masked uint64, values []string) bool {
	if e.masked != masked || len(e.values) != len(values) {
		return false
	}
	for i, v := range e.values {
		if masked>>i&1 == 0 && v != values[i] {
			return false
		}
	}
	return true
}

// lacks reports that no entry has this hash. If it says false, one may.
func (t *table[T]) lacks(hash uint64) bool {
	return t.came[hash>>(t.shift+2)].Load()>>(hash>>(t.shift-4)&63)&1 == 0
}

// add puts an entry in that is not there, and returns the table to use from now
// on: another one if this one is so full that lookups would take long.
func (t *table[T]) add(e *entry[T]) *table[T] {
	if t.taken >= len(t.slots)/8*5 {
		t = t.rebuilt()
	}
	t.put(e)
	return t
}

func (t *table[T]) put(e *entry[T]) {
	for i := e.hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		old := s.hash.Load()
		if old >= firstHash {
			continue
		}
		if old == empty {
			t.taken++
		}
		t.live++
		t.came[e.hash>>(t.shift+2)].Or(1 << (e.hash >> (t.shift - 4) & 63))
		s.entry.Store(e) // before the hash, by which readers find it
		s.hash.Store(e.hash)
		return
	}
}

// rebuilt returns a table with the same entries, room for more, and no slots of
// deleted ones.
func (t *table[T]) rebuilt() *table[T] {
	other := newTable[T](t.live + 1)
	for e := range t.all() {
		other.put(e)
	}
	return other
}

// remove takes an entry out.
func (t *table[T]) remove(e *entry[T]) {
	for i := e.hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		if s.hash.Load() == empty {
			return
		}
		if s.entry.Load() == e {
			s.hash.Store(deleted)
			s.entry.Store(nil)
			t.live--
			return
		}
	}
}

// all returns the entries in no order.
func (t *table[T]) all() iter.Seq[*entry[T]] {
	return func(yield func(*entry[T]) bool) {
		for i := range t.slots {
			if e := t.slots[i].entry.Load(); e != nil && !yield(e) {
				return
			}
		}
	}
}
