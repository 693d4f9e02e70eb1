package leakguard

import (
	"runtime"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

const (
	// shortPause and longPause bound the pauses between two looks.
	shortPause = time.Millisecond
	longPause  = 128 * time.Millisecond
	// bubblePauses bounds how often a look in a synctest bubble is repeated.
	bubblePauses = 10
)

// pauser is the patience of one check, which all that waits in it shares.
type pauser struct {
	patience time.Duration
	deadline time.Time
	next     time.Duration
	bubble   int // pauses in a bubble that are left
}

// begin starts with short pauses. The patience counts from the first begin.
func (p *pauser) begin() {
	p.next = shortPause
	if !p.deadline.IsZero() {
		return
	}
	p.deadline = time.Now().Add(p.patience)
	if _, bubble, _ := stacks.Self(); bubble != 0 && p.patience > 0 {
		p.bubble = bubblePauses
	}
}

// pause lets time pass, more each time, and reports false when none is left. In
// a bubble it gives way to others instead: to sleep would move the clock there,
// and hang if a goroutine waits for the network.
func (p *pauser) pause() bool {
	if p.bubble > 0 {
		p.bubble--
		for range 100 << (bubblePauses - p.bubble) {
			runtime.Gosched()
		}
		return p.bubble > 0
	}
	left := time.Until(p.deadline)
	if left <= 0 {
		return false
	}
	time.Sleep(min(p.next, left))
	p.next = min(2*p.next, longPause)
	return true
}
