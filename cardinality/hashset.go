package cardinality

import "sync/atomic"

// hashSet is a set of hashes that is read without a lock. Writers hold the mutex of
// the guard; a reader that comes during a write may miss a hash.
type hashSet struct {
	slots atomic.Pointer[[]atomic.Uint64]
	taken int
	live  int
}

func (s *hashSet) has(hash uint64) bool {
	hash |= firstHash
	slots := s.slots.Load()
	if slots == nil {
		return false
	}
	last := len(*slots) - 1
	for i := int(hash>>32) & last; ; i = (i + 1) & last {
		switch (*slots)[i].Load() {
		case hash:
			return true
		case empty:
			return false
		}
	}
}

// add puts a hash in that is not there.
func (s *hashSet) add(hash uint64) {
	slots := s.slots.Load()
	if slots == nil || s.taken >= len(*slots)/2 {
		slots = s.rebuild(slots)
	}
	s.put(*slots, hash|firstHash)
}

// rebuild makes room for more, and leaves out the slots of hashes that were removed.
func (s *hashSet) rebuild(old *[]atomic.Uint64) *[]atomic.Uint64 {
	size := 16
	for size < 4*s.live {
		size *= 2
	}
	slots := make([]atomic.Uint64, size)
	s.taken, s.live = 0, 0
	if old != nil {
		for i := range *old {
			if h := (*old)[i].Load(); h >= firstHash {
				s.put(slots, h)
			}
		}
	}
	s.slots.Store(&slots)
	return &slots
}

func (s *hashSet) put(slots []atomic.Uint64, hash uint64) {
	last := len(slots) - 1
	for i := int(hash>>32) & last; ; i = (i + 1) & last {
		if old := slots[i].Load(); old < firstHash {
			if old == empty {
				s.taken++
			}
			s.live++
			slots[i].Store(hash)
			return
		}
	}
}

func (s *hashSet) remove(hash uint64) {
	hash |= firstHash
	slots := s.slots.Load()
	if slots == nil {
		return
	}
	last := len(*slots) - 1
	for i := int(hash>>32) & last; ; i = (i + 1) & last {
		switch (*slots)[i].Load() {
		case hash:
			(*slots)[i].Store(deleted)
			s.live--
			return
		case empty:
			return
		}
	}
}
