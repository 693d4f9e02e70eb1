package leakguard

import (
	"cmp"
	"slices"
	"strings"

	"github.com/govitals/govitals/internal/stacks"
)

// Leak is the goroutines left behind that one go statement started, that are at
// one place and in one state.
type Leak struct {
	// Site is the function that was started with go, and after an arrow the
	// function in which its goroutines are, if that is another one.
	Site string
	// CreatedBy is the go statement, as "main.serve at /src/main.go:12". It is
	// "" if the goroutines went on before a dump could show it.
	CreatedBy string
	// Count is how many they are.
	Count int
	// State is what they do or wait for, in the words of the runtime:
	// "chan receive", "select", "IO wait", "sleep".
	State string
	// Minutes is how long the oldest has waited, 0 if below one or not known.
	Minutes int
	// Proven means that nothing can ever wake up any of them: they wait for a
	// nil channel, or the garbage collector has proved it, which takes a build
	// with the goroutine leak profile.
	Proven bool
	// IDs are theirs, sorted. Some are missing if goroutines of another test
	// that runs beside are at the same place.
	IDs []uint64
	// Stack is the oldest of them as the runtime prints it, of which 8 KiB are
	// kept.
	Stack string
	// Advice is what usually ends such goroutines, "" if that is not known.
	Advice string

	creator, root string // for the option to paste
}

// place is what the goroutines of a Leak have in common.
type place struct {
	createdBy stacks.Frame
	site      stacks.Site
	state     string
}

// piles groups goroutines.
type piles struct {
	byPlace map[place]*pile
	count   int
	stuck   int  // of count: nothing can wake them up
	parked  bool // all wait for another goroutine
}

type pile struct {
	place   place
	count   int
	stuck   int
	ids     []uint64
	example *stacks.Goroutine
}

func newPiles() *piles { return &piles{byPlace: make(map[place]*pile), parked: true} }

// add takes in a goroutine of a dump. Its id is left out where it might as well
// be another one at the same place.
func (p *piles) add(g *stacks.Goroutine, sure bool) {
	at := place{g.CreatedBy, g.Site(), g.State}
	one := p.byPlace[at]
	if one == nil {
		one = &pile{place: at, example: g.Clone()}
		p.byPlace[at] = one
	} else if e := one.example; g.Minutes > e.Minutes || g.Minutes == e.Minutes && g.ID < e.ID {
		one.example = g.Clone()
	}
	one.count++
	p.count++
	if isStuck(g) {
		one.stuck++
		p.stuck++
	}
	p.parked = p.parked && isParked(g.State)
	if sure {
		one.ids = append(one.ids, g.ID)
	}
}

// addUnseen takes in goroutines that only the profile has seen.
func (p *piles) addUnseen(site stacks.Site, n int) {
	p.byPlace[place{site: site, state: unseen}] = &pile{
		place: place{site: site, state: unseen}, count: n, example: &stacks.Goroutine{},
	}
	p.count += n
	p.parked = false
}

// unseen is the state of what went on between the profile and the dump.
const unseen = "on the move"

// isStuck reports whether nothing can wake up a goroutine.
func isStuck(g *stacks.Goroutine) bool {
	return g.Leaked || g.State == "select (no cases)" || strings.HasSuffix(g.State, " (nil chan)")
}

// isParked reports whether a goroutine in this state waits for another one, so
// that the garbage collector may prove that there is none. All else, such as
// "sleep", "IO wait", "syscall" and "runnable", may go on by itself.
func isParked(state string) bool {
	return strings.HasPrefix(state, "chan ") || strings.HasPrefix(state, "select") ||
		strings.HasPrefix(state, "sync.") || state == "semacquire"
}

// leaks returns the groups, the largest first and equal ones in an order that
// does not change. The strings are copies: the dump can go.
func (p *piles) leaks() []Leak {
	leaks := make([]Leak, 0, len(p.byPlace))
	for _, one := range p.byPlace {
		leaks = append(leaks, one.leak())
	}
	slices.SortFunc(leaks, func(a, b Leak) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.CreatedBy, b.CreatedBy),
			cmp.Compare(a.Site, b.Site), cmp.Compare(a.State, b.State))
	})
	return leaks
}

func (p *pile) leak() Leak {
	slices.Sort(p.ids)
	return Leak{
		Site:      strings.Clone(p.place.site.String()),
		CreatedBy: strings.Clone(p.place.createdBy.String()),
		Count:     p.count,
		State:     strings.Clone(p.place.state),
		Minutes:   p.example.Minutes,
		Proven:    p.stuck == p.count,
		IDs:       p.ids,
		Stack:     keptStack(p.example),
		Advice:    remedyFor(p.example),
		creator:   strings.Clone(p.place.createdBy.Func),
		root:      strings.Clone(p.place.site.Root),
	}
}
