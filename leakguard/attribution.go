package leakguard

import (
	"cmp"
	"maps"
	"slices"

	"github.com/govitals/govitals/internal/stacks"
)

// attribution says which goroutines of a dump a test has to answer for.
type attribution struct {
	search  *search
	by      labelled
	tests   map[uint64]bool   // goroutines that run tests
	parents map[uint64]uint64 // of all others
	bySite  map[stacks.Site][]*stacks.Goroutine
	own     map[uint64]bool // descendants of the test
}

func newAttribution(s *search, d *dump, by labelled) *attribution {
	a := &attribution{
		search: s, by: by, tests: make(map[uint64]bool), parents: make(map[uint64]uint64),
		bySite: make(map[stacks.Site][]*stacks.Goroutine), own: make(map[uint64]bool),
	}
	for g := range stacks.All(d.text) {
		if isTesting(g.Site().Root) || g.ID == d.self {
			a.tests[g.ID] = true
		} else {
			a.parents[g.ID] = g.Parent
		}
	}
	for g := range stacks.All(d.text) {
		a.sort(g)
	}
	return a
}

// sort puts aside whoever may be this test's: descendants, goroutines at a site
// where some have its label, and those that are new and no other test's.
func (a *attribution) sort(g *stacks.Goroutine) {
	if a.tests[g.ID] || isStandard(g) {
		return
	}
	test := a.testOf(g.ID)
	a.own[g.ID] = test == a.search.self && !a.search.before.has(g.ID)
	site, labelled := countAt(a.by.mine, g)
	switch {
	case labelled > 0 || a.own[g.ID]:
	case test == 0 && !a.search.before.has(g.ID) && a.by.freeAt(g) > 0:
	default:
		return
	}
	a.bySite[site] = append(a.bySite[site], g.Clone())
}

// testOf returns the test that a goroutine descends from, 0 if the goroutines
// between them have ended or there is none.
func (a *attribution) testOf(id uint64) uint64 {
	for range maxAncestors {
		parent, ok := a.parents[id]
		if !ok || a.tests[parent] {
			return parent
		}
		id = parent
	}
	return 0
}

const maxAncestors = 1000

// into sorts the goroutines of each site into leaks and unattributed.
func (a *attribution) into(l *look) {
	l.unattributed = newPiles()
	bySite := func(x, y stacks.Site) int { return cmp.Compare(x.String(), y.String()) }
	for _, site := range slices.SortedFunc(maps.Keys(a.bySite), bySite) { // the order matters to the sieve
		all := a.bySite[site]
		descend := a.rank(all)
		n := max(descend, a.by.mine[site])
		for i, g := range all {
			switch {
			case i >= n && (a.search.before.has(g.ID) || i-n >= a.by.freeAt(g)), l.sieve.passes(g):
			case i < n:
				l.leaks.add(g, i < descend || len(all) <= n)
			default:
				l.unattributed.add(g, true)
			}
		}
	}
	for site, n := range a.by.mine {
		if moved := n - len(a.bySite[site]); moved > 0 {
			l.leaks.addUnseen(site, moved)
		}
	}
}

// rank puts descendants of the test first, then the youngest, and returns how
// many descend.
func (a *attribution) rank(all []*stacks.Goroutine) (descend int) {
	slices.SortFunc(all, func(x, y *stacks.Goroutine) int {
		if a.own[x.ID] != a.own[y.ID] {
			if a.own[x.ID] {
				return -1
			}
			return 1
		}
		return cmp.Compare(y.ID, x.ID)
	})
	for descend < len(all) && a.own[all[descend].ID] {
		descend++
	}
	return descend
}
