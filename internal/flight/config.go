package flight

import (
	"fmt"
	"time"
)

// Config sets up a [Group].
type Config[V any] struct {
	// Reuse is how long a result without an error is handed out again,
	// counted from the end of its load. Default: 0, not at all.
	Reuse time.Duration
	// ReuseFor replaces Reuse by a decision on each result, made once, on the
	// goroutine of the load; zero or less means not at all. It is not asked
	// about a result that was forgotten. If it panics, the load has failed.
	// Default: nil, Reuse holds for every result.
	ReuseFor func(V) time.Duration
	// MaxWaiters is how many callers may wait for one load besides its first.
	// Default: 0, no limit.
	MaxWaiters int
	// DeepLoads says that loads need more than the 2 KiB of stack that a goroutine
	// begins with, so that it is grown before there is much on it to be copied.
	// Default: as with Reuse or ReuseFor.
	DeepLoads bool
}

// Validate returns an error that names the first field that is wrong.
func (c Config[V]) Validate() error {
	switch {
	case c.Reuse < 0:
		return fmt.Errorf("flight: Config.Reuse is %v: use zero or more", c.Reuse)
	case c.Reuse > 0 && c.ReuseFor != nil:
		return fmt.Errorf("flight: Config.Reuse is %v and ReuseFor is set: set one of the two", c.Reuse)
	case c.MaxWaiters < 0:
		return fmt.Errorf("flight: Config.MaxWaiters is %d: use zero for no limit, or more", c.MaxWaiters)
	}
	return nil
}

// reuse returns how long value is handed out again.
func (c Config[V]) reuse(value V) time.Duration {
	if c.ReuseFor != nil {
		return c.ReuseFor(value)
	}
	return c.Reuse
}

// deep reports whether the stack of a load is grown at once.
func (c *Config[V]) deep() bool { return c.DeepLoads || c.Reuse > 0 || c.ReuseFor != nil }
