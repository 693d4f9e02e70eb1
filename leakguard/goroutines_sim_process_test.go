package leakguard

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// A simulated process lives for two days and is sampled about once a minute.
// Its goroutines are drawn from what programs have: short-lived ones, a pool
// whose members run every now and then, connections that last, and in some a
// leak. Time is in minutes.
type simProcess struct {
	rng     *rand.Rand
	at      float64
	live    uint64
	created uint64
	sites   []*simSite
	ids     uint64
	dumps   int
}

type simSite struct {
	name    stacks.Site
	members []simMember
	size    func(t float64) float64 // how many there should be; nil for a leak
	lasts   float64                 // mean life; 0 = shorter than a step; +Inf = for ever
	runs    float64                 // mean time between two runs; +Inf = never
	brief   int                     // the count, if lasts is 0
}

type simMember struct {
	id  uint64
	ran float64
}

func newSim(seed uint64) *simProcess { return &simProcess{rng: rand.New(rand.NewPCG(seed, 1))} }

var simForEver = math.Inf(1)

func (p *simProcess) add(s *simSite) *simSite {
	p.sites = append(p.sites, s)
	return s
}

func (p *simProcess) spawn(s *simSite, n int) {
	for range n {
		p.ids++
		s.members = append(s.members, simMember{p.ids, p.at})
	}
	p.created += uint64(n)
}

// advance moves the process to a time.
func (p *simProcess) advance(t, work float64) {
	took := t - p.at
	p.at = t
	p.created += uint64(p.poisson(work * took))
	p.live = 0
	for _, s := range p.sites {
		switch {
		case s.size != nil && s.lasts == 0:
			s.brief = p.poisson(s.size(t))
		case s.size != nil && s.lasts == simForEver:
			p.spawn(s, max(0, int(s.size(t))-len(s.members)))
		case s.size != nil:
			s.members = slices.DeleteFunc(s.members, func(simMember) bool { return p.rng.Float64() < took/s.lasts })
			p.spawn(s, p.poisson(s.size(t)*took/s.lasts))
		}
		p.live += uint64(s.count())
	}
}

func (s *simSite) count() int { return s.brief + len(s.members) }

func (p *simProcess) poisson(mean float64) int {
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*p.rng.NormFloat64())))
	}
	n, product := 0, p.rng.Float64()
	for limit := math.Exp(-mean); product > limit; n++ {
		product *= p.rng.Float64()
	}
	return n
}

// The source.
func (p *simProcess) counts() (live, created uint64) { return p.live, p.created }
func (p *simProcess) canProve() bool                 { return false }
func (p *simProcess) proven() map[stacks.Site]int    { return nil }

func (p *simProcess) profile(count func(stacks.Site, int)) (time.Duration, bool) {
	for _, s := range p.sites {
		if n := s.count(); n > 0 {
			count(s.name, n)
		}
	}
	return time.Duration(p.live) * 2 * time.Microsecond, true
}

func (p *simProcess) dump() (iter.Seq[*stacks.Goroutine], time.Duration, bool) {
	p.dumps++
	return func(yield func(*stacks.Goroutine) bool) {
		for _, s := range p.sites {
			for _, g := range s.all(p) {
				if !yield(&g) {
					return
				}
			}
		}
	}, time.Duration(p.live) * 6 * time.Microsecond, true
}

// all prints the age as the runtime does: from the collection before the one
// that first found the goroutine waiting, with a collection every two minutes.
func (s *simSite) all(p *simProcess) (all []stacks.Goroutine) {
	frames := []stacks.Frame{{Func: s.name.Leaf}, {Func: s.name.Root}}
	creator := stacks.Frame{Func: "main.start", File: "/src/main.go", Line: 7}
	for range s.brief {
		p.ids++
		all = append(all, stacks.Goroutine{ID: p.ids, Frames: frames, CreatedBy: creator})
	}
	for _, m := range s.members {
		age := p.at - m.ran
		if s.runs != simForEver {
			age = min(age, p.rng.ExpFloat64()*s.runs)
		}
		g := stacks.Goroutine{ID: m.id, Frames: frames, CreatedBy: creator}
		if age > 2 {
			g.Minutes = int(age + 2*p.rng.Float64())
		}
		all = append(all, g)
	}
	return all
}

func simName(name string) stacks.Site { return stacks.Site{Root: "main." + name, Leaf: "main." + name} }
