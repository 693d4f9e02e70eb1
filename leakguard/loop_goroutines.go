package leakguard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/govitals/govitals/internal/stacks"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/internal/usage"
)

// dumpedAlways is how many goroutines may be dumped without a thought: it takes
// some milliseconds.
const dumpedAlways = 1000

// goroutineMeter follows goroutines by the function that started them. It
// remembers when each was seen first, so that those of a site which are left in
// the end can be told by when they came: evenly, or all at once.
type goroutineMeter struct {
	limits  *limits
	ignores []*ignore
	err     error

	before   *census
	created  uint64 // how many were ever started, at the latest look
	now      *dump  // nil = none was started
	cohorts  *usage.Cohorts[uint64]
	readings []int // the iterations
}

func (m *goroutineMeter) start() {
	now := Mark()
	m.before, m.created, m.err = now.before, now.created, now.err
	m.cohorts = usage.NewCohorts(slices.Values([]uint64(nil)))
}

func (m *goroutineMeter) read(iteration int, _ bool) {
	m.look()
	m.cohorts.See(len(m.readings), m.newIDs)
	m.readings = append(m.readings, iteration)
}

// look stops the world for a dump only where some were started since the last
// one, and in a program of very many only if they became more.
func (m *goroutineMeter) look() {
	live, created := readGoroutines()
	if m.err != nil || created == m.created {
		return
	}
	if live < dumpedAlways || live > uint64(len(m.before.ids)) {
		m.again()
	}
}

func (m *goroutineMeter) again() {
	if m.err == nil {
		if m.now, m.err = takeDump(); m.err == nil {
			m.created = m.now.census.created
		}
	}
}

// newIDs yields the goroutines of the latest look that are new.
func (m *goroutineMeter) newIDs(yield func(uint64) bool) {
	if m.now == nil {
		return
	}
	for _, id := range m.now.census.ids {
		if !m.before.has(id) && !yield(id) {
			return
		}
	}
}

func (m *goroutineMeter) verdict() []complaint {
	groups, err := m.byCreator()
	if err != nil {
		return []complaint{{text: fmt.Sprintf("the goroutines could not be looked at: %v", err)}}
	}
	var all []complaint
	for _, g := range groups {
		series := &usage.Series{}
		for i, n := range m.cohorts.Counts(slices.Values(g.IDs)) {
			series.Add(m.readings[i], n)
		}
		if growth, grows := m.limits.judgeGoroutines(g.CreatedBy.Func, series); grows {
			all = append(all, m.complaintAbout(g, growth))
		}
	}
	return all
}

// byCreator groups the new goroutines by the function that started them, as a
// budget file lists them. The example is one of where most of them are.
func (m *goroutineMeter) byCreator() ([]*stacks.Group, error) {
	if m.err != nil || m.now == nil {
		return nil, m.err
	}
	sieve, err := newSieve(m.ignores)
	if err != nil {
		return nil, err
	}
	var merged []*stacks.Group
	for _, g := range stacks.Groups(m.now.text, func(g *stacks.Goroutine) bool {
		return !m.before.has(g.ID) && !isStandard(g) && !sieve.passes(g)
	}) {
		at := slices.IndexFunc(merged, func(o *stacks.Group) bool { return o.CreatedBy.Func == g.CreatedBy.Func })
		if at < 0 {
			merged = append(merged, g)
			continue
		}
		merged[at].IDs = append(merged[at].IDs, g.IDs...)
	}
	return merged, nil
}

func (m *goroutineMeter) complaintAbout(g *stacks.Group, growth float64) complaint {
	return complaint{
		text: fmt.Sprintf("%s goroutines%s, %s left, created by %s\n      one of them:\n        %s", text.Change(growth, ""),
			m.limits.goroutineAllowance(g.CreatedBy.Func), text.Figure(float64(len(g.IDs)), ""), g.CreatedBy,
			strings.ReplaceAll(strings.TrimSpace(g.Example.Text), "\n", "\n        ")),
		lines: []budgetLine{{word: goroutinesWord, count: wholeCount(growth), site: g.CreatedBy.Func}},
	}
}
