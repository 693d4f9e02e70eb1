package cardinality

// resolve returns the set to use for values. A hit reads the memory of its slot,
// its entry and its values, and writes nothing once the epoch has seen it.
func (v *Vec[T]) resolve(values []string) *entry[T] {
	switch len(values) {
	case 1:
		return v.resolve1(values[0])
	case 2:
		return v.resolve2(values[0], values[1])
	case 3:
		return v.resolve3(values[0], values[1], values[2])
	}
	var hash uint64
	for i := range values {
		if len(values[i]) > v.guard.maxLen {
			return v.miss(values, nil)
		}
		hash = step(hash, v.guard.hash.of(values[i]))
	}
	if e := v.table.Load().find(hash|firstHash, 0, values); e != nil {
		e.touch(v.guard.epoch.Load())
		return e
	}
	return v.rehashed(values)
}

// rehashed hashes values once more, now to keep the hashes.
func (v *Vec[T]) rehashed(values []string) *entry[T] {
	if len(values) > inlineLabels {
		return v.miss(values, nil)
	}
	var hashes [inlineLabels]uint64
	for i, value := range values {
		hashes[i] = v.guard.hash.of(value)
	}
	return v.miss(values, hashes[:len(values)])
}

// The lookups of one, two and three values are written out, each with its loop over
// slots: a call and a slice cost about 5 % of a lookup.

func (v *Vec[T]) resolve1(a string) *entry[T] {
	if len(a) > v.guard.maxLen {
		return v.miss([]string{a}, nil)
	}
	h, t := &v.guard.hash, v.table.Load()
	hashA := h.of(a)
	hash := step(0, hashA) | firstHash
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		switch s.hash.Load() {
		case hash:
			if e := s.entry.Load(); e != nil && e.own == 1 && e.inline[0] == a {
				e.touch(v.guard.epoch.Load())
				return e
			}
		case empty:
			return v.miss1(a, hashA)
		}
	}
}

func (v *Vec[T]) resolve2(a, b string) *entry[T] {
	if max(len(a), len(b)) > v.guard.maxLen {
		return v.miss([]string{a, b}, nil)
	}
	h, t := &v.guard.hash, v.table.Load()
	hashA, hashB := h.of(a), h.of(b)
	hash := step(step(0, hashA), hashB) | firstHash
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		switch s.hash.Load() {
		case hash:
			if e := s.entry.Load(); e != nil && e.own == 2 && e.inline[0] == a && e.inline[1] == b {
				e.touch(v.guard.epoch.Load())
				return e
			}
		case empty:
			return v.miss2(a, b, hashA, hashB)
		}
	}
}

func (v *Vec[T]) resolve3(a, b, c string) *entry[T] {
	if max(len(a), len(b), len(c)) > v.guard.maxLen {
		return v.miss([]string{a, b, c}, nil)
	}
	h, t := &v.guard.hash, v.table.Load()
	hashA, hashB, hashC := h.of(a), h.of(b), h.of(c)
	hash := step(step(step(0, hashA), hashB), hashC) | firstHash
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		switch s.hash.Load() {
		case hash:
			if e := s.entry.Load(); e != nil && e.own == 3 && e.inline[0] == a && e.inline[1] == b && e.inline[2] == c {
				e.touch(v.guard.epoch.Load())
				return e
			}
		case empty:
			return v.miss3(a, b, c, hashA, hashB, hashC)
		}
	}
}

// The misses have frames of their own, which a hit need not make room for.

//go:noinline
func (v *Vec[T]) miss1(a string, hashA uint64) *entry[T] {
	return v.miss([]string{a}, []uint64{hashA})
}

//go:noinline
func (v *Vec[T]) miss2(a, b string, hashA, hashB uint64) *entry[T] {
	return v.miss([]string{a, b}, []uint64{hashA, hashB})
}

//go:noinline
func (v *Vec[T]) miss3(a, b, c string, hashA, hashB, hashC uint64) *entry[T] {
	return v.miss([]string{a, b, c}, []uint64{hashA, hashB, hashC})
}
