package leakguard

import (
	"errors"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// search is a check of the goroutines in one scope.
type search struct {
	settings *settings
	scope    Scope
	before   *census // those that do not count, nil if all do
	self     uint64  // the goroutine that searches
	bubble   int     // its bubble
	label    runLabel
	allowed  int // so many may be left

	dump func() (*dump, error) // nil = takeDump
}

// look is what one look found.
type look struct {
	leaks        *piles
	unattributed *piles // nil if none
	sieve        *sieve
	busy         bool // in a bubble: someone is not durably blocked
	live         uint64
	created      uint64
	cost         time.Duration
}

// start finds out who searches, and searches.
func (s *search) start() Report {
	var err error
	if s.dump == nil {
		s.dump = takeDump
	}
	if s.self, s.bubble, err = stacks.Self(); err == nil && s.scope == BubbleScope && s.bubble == 0 {
		err = errNoBubble
	}
	if err != nil {
		return Report{Scope: s.scope, Err: err}
	}
	return s.run()
}

var errNoBubble = errors.New("BubbleScope was asked for outside of a bubble: use it inside synctest.Test, with the T that its function gets")

func (s *search) look() (*look, error) {
	if s.scope == LabelScope {
		return s.lookByLabel()
	}
	return s.lookByID()
}

// lookByID finds who was not there before, in the process or in the bubble.
func (s *search) lookByID() (*look, error) {
	l, err := s.newLook()
	if err != nil {
		return nil, err
	}
	d, err := s.dump()
	if err != nil {
		return nil, err
	}
	l.from(d)
	for g := range stacks.All(d.text) {
		if !s.answersFor(g, d.self) {
			continue
		}
		l.busy = l.busy || !g.Durable
		if !l.sieve.passes(g) {
			l.leaks.add(g, true)
		}
	}
	return l, nil
}

func (s *search) answersFor(g *stacks.Goroutine, self uint64) bool {
	if s.scope == BubbleScope && g.Bubble != s.bubble {
		return false
	}
	return g.ID != self && !s.before.has(g.ID) && !isStandard(g)
}

func (s *search) newLook() (*look, error) {
	sieve, err := newSieve(s.settings.ignores)
	if err != nil {
		return nil, err
	}
	return &look{leaks: newPiles(), sieve: sieve}, nil
}

func (l *look) from(d *dump) { l.live, l.created, l.cost = d.live, d.census.created, l.cost+d.cost }

// report says what the look found.
func (l *look) report(scope Scope) Report {
	r := Report{Scope: scope, Leaks: l.leaks.leaks()}
	if l.unattributed != nil {
		r.Unattributed = l.unattributed.leaks()
	}
	l.sieve.into(&r)
	return r
}
