package cardinality

// The ways of a lookup, the quickest first. resolve finds the set of the values as they
// are. spill, for up to three values, and refused find the set of the overflow in which
// most of a flood ends, without the mutex. missed brings the values to their canonical
// form and looks again. admit takes the mutex: place makes a set, or share finds whose
// to use.

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
	if len(values) != len(v.guard.labels) {
		return v.miss(values, nil, 0)
	}
	h, sum := &v.guard.hash, uint64(0)
	for i := range values {
		if len(values[i]) > v.guard.maxLen {
			return v.miss(values, nil, 0)
		}
		sum += h.of(values[i]) * h.turns[i]
	}
	if e := v.table.Load().find(sum|firstHash, 0, values); e != nil {
		e.touch(v.guard.epoch.Load())
		return e
	}
	return v.rehashed(values)
}

// rehashed hashes values once more, now to keep the hashes.
func (v *Vec[T]) rehashed(values []string) *entry[T] {
	if len(values) > inlineLabels {
		return v.miss(values, nil, 0)
	}
	var hashes [inlineLabels]uint64
	var sum uint64
	for i, value := range values {
		hashes[i] = v.guard.hash.of(value)
		sum += hashes[i] * v.guard.hash.turns[i]
	}
	return v.miss(values, hashes[:len(values)], sum)
}

// The lookups of one, two and three values are written out, each with its loop over
// slots: a call and a slice cost about 5 % of a lookup. lacks comes before empty, which a
// processor cannot foresee for a set that is not there.

func (v *Vec[T]) resolve1(a string) *entry[T] {
	if len(a) > v.guard.maxLen {
		return v.miss([]string{a}, nil, 0)
	}
	h, t := &v.guard.hash, v.table.Load()
	hashA := h.of(a)
	sum := hashA * h.turns[0]
	hash := sum | firstHash
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		if held := s.hash.Load(); held == hash {
			if e := s.entry.Load(); e != nil && e.own == 1 && e.inline[0] == a {
				e.touch(v.guard.epoch.Load())
				return e
			}
		} else if t.lacks(hash) || held == empty {
			return v.spill(1, a, "", "", hashA, 0, 0, sum)
		}
	}
}

func (v *Vec[T]) resolve2(a, b string) *entry[T] {
	if max(len(a), len(b)) > v.guard.maxLen {
		return v.miss([]string{a, b}, nil, 0)
	}
	h, t := &v.guard.hash, v.table.Load()
	hashA, hashB := h.of(a), h.of(b)
	sum := hashA*h.turns[0] + hashB*h.turns[1]
	hash := sum | firstHash
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		if held := s.hash.Load(); held == hash {
			if e := s.entry.Load(); e != nil && e.own == 2 && e.inline[0] == a && e.inline[1] == b {
				e.touch(v.guard.epoch.Load())
				return e
			}
		} else if t.lacks(hash) || held == empty {
			return v.spill(2, a, b, "", hashA, hashB, 0, sum)
		}
	}
}

func (v *Vec[T]) resolve3(a, b, c string) *entry[T] {
	if max(len(a), len(b), len(c)) > v.guard.maxLen {
		return v.miss([]string{a, b, c}, nil, 0)
	}
	h, t := &v.guard.hash, v.table.Load()
	hashA, hashB, hashC := h.of(a), h.of(b), h.of(c)
	sum := hashA*h.turns[0] + hashB*h.turns[1] + hashC*h.turns[2]
	hash := sum | firstHash
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&t.last]
		if held := s.hash.Load(); held == hash {
			if e := s.entry.Load(); e != nil && e.own == 3 && e.inline[0] == a && e.inline[1] == b && e.inline[2] == c {
				e.touch(v.guard.epoch.Load())
				return e
			}
		} else if t.lacks(hash) || held == empty {
			return v.spill(3, a, b, c, hashA, hashB, hashC, sum)
		}
	}
}
