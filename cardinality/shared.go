package cardinality

import "math/bits"

// shared says which labels show the marker once there is no room. Sets in which
// those of the first level do are looked for first; where there are too many even
// of them, those of the next, in which one more label does; and in the end there is
// the set in which all do.
type shared struct {
	levels []uint64
	sets   int // that were made for it
}

// maxLevels bounds the levels, and so the lookups of a query that overflows.
const maxLevels = 3

// sharedState is shared for lookups without the mutex. Before its first level there
// is one at which no label shows the marker but those that admit no further value.
type sharedState struct {
	levels [1 + maxLevels]uint64
	roomy  [1 + maxLevels]bool // levels at which a set may be made
	n      int
	last   bool // there will be no further level
}

// masked returns the labels that show the marker at the last level.
func (s *shared) masked() uint64 {
	if len(s.levels) == 0 {
		return 0
	}
	return s.levels[len(s.levels)-1]
}

// extra is how many sets may be made for the overflow, beyond MaxSets.
func (g *Guard) extra() int { return min(32, max(1, g.config.maxSets/8)) }

// isRoomy reports whether one more set may be made at a level. The first level
// leaves a half to the others, the second a quarter.
func (g *Guard) isRoomy(level int, size int64) bool {
	return g.shared.sets < max(1, g.extra()*(level+2)/4) &&
		g.bytes+size-int64(g.extra())*size <= g.config.maxBytes && !g.group.isFull(size)
}

// sharedState returns the state of now. As long as it is not full any set may be
// made, and nobody needs the levels.
func (g *Guard) sharedState(full bool) sharedState {
	s := sharedState{n: 1}
	s.roomy[0] = !full
	if full {
		s.n, s.last = 1+len(g.shared.levels), g.isLastLevel()
		for i, masked := range g.shared.levels {
			s.levels[1+i], s.roomy[1+i] = masked, g.isRoomy(i, g.size(nil, 0))
		}
	}
	return s
}

func (g *Guard) isLastLevel() bool {
	named := uint64(1)<<len(g.named()) - 1
	return len(g.shared.levels) == maxLevels || g.shared.masked()&named == named
}

// deepen adds a level, at which one more label shows the marker: the one that is
// exploding. It returns false if there is no further level.
func (g *Guard) deepen() bool {
	i := g.exploding()
	if i < 0 || g.isLastLevel() {
		return false
	}
	g.shared.levels = append(g.shared.levels, g.shared.masked()|1<<i)
	if g.labels[i].novelty >= standsOut {
		g.trip(i, "MaxSets")
	}
	return true
}

// accuse trips labels that show the marker for lack of room and explode only now.
func (g *Guard) accuse() {
	for masked := g.shared.masked(); masked != 0; masked &= masked - 1 {
		if i := bits.TrailingZeros64(masked); g.labels[i].novelty >= explodes {
			g.trip(i, "MaxSets")
		}
	}
}

// share returns the set of the overflow for a query, made now if it is new and
// there is room. Under the mutex.
func (v *Vec[T]) share(q *query, masked uint64) *entry[T] {
	g := &v.guard
	for level := 0; level < len(g.shared.levels) || g.deepen(); level++ {
		m := masked | g.shared.levels[level]
		if e := v.table.Load().find(g.hash.set(q, m), m, q.values); e != nil {
			return e
		}
		if size := g.size(q.values, m); m != g.all() && g.isRoomy(level, size) && g.group.take(size) {
			return v.insert(q, m, true)
		}
	}
	return v.overflow.Load()
}
