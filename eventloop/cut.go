package eventloop

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// maxCuts bounds the times that are remembered as not to be counted. A tick comes
// every minute at least, and sees those since the one before.
const maxCuts = 16

// cuts are times in which the process did something to itself that delays others,
// such as a dump of all goroutines. They are cut out of the record as if they had
// not passed. The clock is read under the lock: otherwise who waited for it would come
// with an earlier time, and times would overlap, or the sum would fall.
type cuts struct {
	any atomic.Bool // whether there was one ever

	mu    sync.Mutex
	spans []span // in the order of their beginnings
	depth int    // how many have begun and not ended
	total time.Duration
}

// span is a time from which to which. One that has not ended ends never.
type span struct{ from, to time.Duration }

// Exclude begins a time in which lag is not counted, not reported as a stall and
// not shown as overdue, because whoever calls it is about to delay the process
// on purpose: a dump of all goroutines, a heap dump. It ends with the call of done,
// which may be called more than once: defer it, or nothing is ever counted again.
// Times may overlap.
func (p *Probe) Exclude() (done func()) {
	if p.since == nil {
		return func() {}
	}
	p.cuts.begin(p.since)
	return sync.OnceFunc(func() { p.cuts.end(p.since) })
}

// begin starts a time, or a second one within a time.
func (c *cuts) begin(since func() time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.any.Store(true)
	c.depth++
	if c.depth > 1 {
		return
	}
	if len(c.spans) == maxCuts { // merge the two oldest, which no tick looks at any more
		c.spans[1].from = c.spans[0].from
		c.spans = append(c.spans[:0], c.spans[1:]...)
	}
	c.spans = append(c.spans, span{since(), math.MaxInt64})
}

// end ends the time when all that began it have ended.
func (c *cuts) end(since func() time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.depth--
	if c.depth > 0 {
		return
	}
	open := &c.spans[len(c.spans)-1]
	open.to = since()
	c.total += open.to - open.from
}

// lag returns how much of the time between from and to counts. It costs one atomic
// load where nothing was ever cut.
func (c *cuts) lag(from, to time.Duration) time.Duration {
	if !c.any.Load() {
		return to - from
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	lag := to - from
	for _, s := range c.spans {
		lag -= max(0, min(to, s.to)-max(from, s.from))
	}
	return lag
}

// sum returns how much was cut out so far.
func (c *cuts) sum(since func() time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.depth > 0 {
		return c.total + since() - c.spans[len(c.spans)-1].from
	}
	return c.total
}
