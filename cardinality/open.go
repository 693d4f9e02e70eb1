package cardinality

// OpenLabels makes a vec whose labels become known while it is used, up to n of
// them, as the attributes of OpenTelemetry do: NewVec is given no names, or the
// first ones, and [Vec.Label] adds others. Each lookup passes n values, in the
// order of Label, and "" where a set does not have the label. Options for labels
// that never come are passed over.
// Default: the labels are those of NewVec.
func OpenLabels(n int) Option {
	return optionFunc(func(s *settings) {
		if n < 1 || n > maxLabels {
			s.problem("OpenLabels is %d: use 1 to %d", n, maxLabels)
			return
		}
		s.openLabels = n
	})
}

// Label returns the place of a label among the values of a lookup. In a vec with
// [OpenLabels] a label that is new gets a place, as long as there is one; values at
// a place that Label did not return are passed over.
func (v *Vec[T]) Label(name string) (place int, ok bool) {
	g := &v.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, l := range g.labels {
		if l.name == name && name != "" {
			return i, true
		}
		if l.name == "" && name != "" {
			l.call(name, g.config)
			g.opened(i, l)
			return i, true
		}
	}
	return 0, false
}

// opened makes a label known to lookups.
func (g *Guard) opened(i int, l *label) {
	if l.isPlain() {
		g.plain |= 1 << i
	}
	if l.name == "" || !l.optional {
		return
	}
	l.absent = g.hash.of("")
	if l.limit > 0 { // a set without the label always has room in it
		l.limit++
		l.refs[l.absent] = 1
		l.known.add(l.absent)
	}
	if g.isCounting() {
		l.distinct.Store(new(hll))
	}
	l.ready.Store(true)
}

// named returns the labels that are known: all but in a vec with OpenLabels. Under
// the mutex.
func (g *Guard) named() []*label {
	for i, l := range g.labels {
		if l.name == "" {
			return g.labels[:i]
		}
	}
	return g.labels
}

// has reports whether a value says that its set has the label.
func (l *label) has(value string) bool { return !l.optional || value != "" }
