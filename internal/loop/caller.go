package loop

import (
	"context"
	"sync"
)

// Caller runs a user's callback on a goroutine of its own, one call at a time,
// so that slow or broken user code holds up nobody. One call may wait; what
// comes while one waits is dropped and counted.
type Caller[T any] struct {
	loop Loop
	wake chan struct{}
	call func(context.Context, T)

	mu      sync.Mutex
	ctx     context.Context // nil until started
	cancel  context.CancelFunc
	closed  bool
	waiting bool
	next    T
	dropped uint64
}

// NewCaller returns a Caller of the callback, not started yet.
func NewCaller[T any](call func(context.Context, T)) *Caller[T] {
	return &Caller[T]{wake: make(chan struct{}, 1), call: call}
}

// Start begins to make calls. The lifecycle is that of [Loop.Start].
func (c *Caller[T]) Start(ctx context.Context, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	if err := c.loop.Start(ctx, Config{Name: name, Wake: c.wake, Step: c.step}); err != nil {
		cancel()
		return err
	}
	c.ctx, c.cancel = ctx, cancel
	return nil
}

// Close stops making calls and waits for the one that runs, as [Loop.Close] does.
func (c *Caller[T]) Close() error {
	c.end()
	return c.loop.Close()
}

func (c *Caller[T]) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.cancel != nil {
		c.cancel()
	}
}

// isOver reports whether no further call is made. It never becomes false again.
func (c *Caller[T]) isOver() bool { return c.closed || c.ctx != nil && c.ctx.Err() != nil }

// Send has the callback called with value soon. It reports false if another call
// waits already, or no more are made: then this one is dropped. It never blocks.
func (c *Caller[T]) Send(value T) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting || c.isOver() {
		c.dropped++
		return false
	}
	c.waiting, c.next = true, value
	select {
	case c.wake <- struct{}{}:
	default: // it is being woken already
	}
	return true
}

// Dropped counts the values that were not delivered and never will be.
func (c *Caller[T]) Dropped() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting && c.isOver() {
		return c.dropped + 1
	}
	return c.dropped
}

// Faults returns what went wrong in calls so far.
func (c *Caller[T]) Faults() Faults { return c.loop.Faults() }

func (c *Caller[T]) step(ctx context.Context) {
	if value, ok := c.take(); ok {
		c.call(ctx, value)
	}
}

// take empties the place for the call that waits.
func (c *Caller[T]) take() (value T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isOver() {
		return value, false
	}
	var none T
	value, ok = c.next, c.waiting
	c.next, c.waiting = none, false
	return value, ok
}
