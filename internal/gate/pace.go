package gate

import (
	"context"
	"sync"
	"time"
)

// The pace of a gate. Pages that are ready cost the processor too, if they are
// asked for thousands of times a second, and those that are not, if each request
// is for another one.
const (
	tokenEvery = 100 * time.Millisecond // a bucket gains one
	maxTokens  = 20                     // in a bucket, and at the start
	maxDebt    = 30                     // tokens that may be missing: nobody waits longer than until they are paid back

	bytesPerToken     = 1 << 20 // of a page, besides the one for the page
	renderingPerToken = 25 * time.Millisecond
)

// pace is a token bucket that serves in the order of asking. The zero value is
// full.
type pace struct {
	mu   sync.Mutex
	full time.Time // when the bucket is full, if nobody takes any more
}

// spend takes tokens at the given moment and returns how long it is until the
// bucket has had them.
func (p *pace) spend(tokens float64, now time.Time) (wait time.Duration) {
	if p.full.Before(now) {
		p.full = now
	}
	p.full = p.full.Add(time.Duration(tokens * float64(tokenEvery)))
	return p.full.Sub(now) - maxTokens*tokenEvery
}

// tryTake takes a token if there is one.
func (p *pace) tryTake() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spend(1, time.Now()) <= 0 {
		return true
	}
	p.spend(-1, time.Time{})
	return false
}

// take takes tokens, and waits until the bucket has them or ctx ends. Without
// tokens it waits until none are missing.
func (p *pace) take(ctx context.Context, tokens float64) error {
	p.mu.Lock()
	wait := p.spend(tokens, time.Now())
	p.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	p.spend(-tokens, time.Time{}) // whoever comes next gets them
	p.mu.Unlock()
	return context.Cause(ctx)
}

// charge takes tokens for what has been done already. Up to maxDebt of them may
// be missing then.
func (p *pace) charge(tokens float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	room := maxDebt*tokenEvery - p.spend(0, now)
	p.spend(max(0, min(tokens, float64(room)/float64(tokenEvery))), now)
}
