package cardinality

import "math/bits"

// What is known of the values of each label: how many there were, and which label
// brings new ones.

// exploding returns the label, of those not frozen, that brings new values more
// than twice as often as any other. Where none stands out it is the one with the
// most values.
func (g *Guard) exploding() int {
	best, second, most := -1, -1, -1
	for i, l := range g.labels {
		if g.shared.masked()>>i&1 != 0 || l.name == "" {
			continue
		}
		if best < 0 || l.novelty > g.labels[best].novelty {
			best, second = i, best
		} else if second < 0 || l.novelty > g.labels[second].novelty {
			second = i
		}
		if most < 0 || l.estimate() > g.labels[most].estimate() {
			most = i
		}
	}
	if second >= 0 && (g.labels[best].novelty < standsOut || g.labels[best].novelty < 2*g.labels[second].novelty) {
		return most
	}
	return best
}

// estimate returns how many values the label had, 0 if they were not counted yet.
func (l *label) estimate() uint64 {
	if d := l.distinct.Load(); d != nil {
		return d.estimate()
	}
	return 0
}

// countFrom is how many sets there may be before values are counted by sketches of
// 8 KiB: fewer are counted as they are.
const countFrom = 64

func (g *Guard) isCounting() bool { return len(g.labels) > 0 && g.labels[0].distinct.Load() != nil }

// startCounting gives each label a sketch of the values that it has.
func (g *Guard) startCounting() {
	if g.isCounting() {
		return
	}
	labels := g.named()
	sketches := make([]hll, len(labels))
	g.each(func(values []string, masked uint64) {
		for i, l := range labels {
			if masked>>i&1 == 0 && l.has(values[i]) {
				sketches[i].add(g.hash.of(values[i]))
			}
		}
	})
	for i, l := range labels {
		l.distinct.Store(&sketches[i])
	}
}

// distinct returns how many values each label has had.
func (g *Guard) distinct() []uint64 {
	labels := g.named()
	distinct := make([]uint64, len(labels))
	if g.isCounting() {
		for i, l := range labels {
			distinct[i] = l.estimate()
		}
		return distinct
	}
	seen := make([]map[string]bool, len(labels))
	for i := range seen {
		seen[i] = map[string]bool{}
	}
	g.each(func(values []string, masked uint64) {
		for i, l := range labels {
			if masked>>i&1 == 0 && l.has(values[i]) {
				seen[i][values[i]] = true
			}
		}
	})
	for i := range seen {
		distinct[i] = uint64(len(seen[i]))
	}
	return distinct
}

// note counts the values of the labels in a mask and returns those whose value is
// new.
func (g *Guard) note(q *query, masked uint64) (news uint64) {
	for ; masked != 0; masked &= masked - 1 {
		i := bits.TrailingZeros64(masked)
		if d := g.labels[i].distinct.Load(); d != nil && q.hashes[i] != 0 && g.labels[i].has(q.values[i]) && d.add(q.hashes[i]) {
			news |= 1 << i
		}
	}
	return news
}

// learn moves the share of new values of each label, over about 64 misses.
func (g *Guard) learn(news uint64) {
	for i, l := range g.labels {
		l.novelty += (float64(news>>i&1) - l.novelty) / 64
	}
}
