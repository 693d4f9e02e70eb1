package cardinality

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// DefaultGroupBytes bounds what all vecs of a group hold.
const DefaultGroupBytes = 64 << 20

// GroupConfig configures a [Group]. The zero value is recommended.
type GroupConfig struct {
	// MaxBytes bounds what the sets of all vecs of the group hold together, by
	// the estimate of BytesPerSet.
	// Default: [DefaultGroupBytes].
	MaxBytes int64
}

// Validate returns an error that names the field that is wrong.
func (c GroupConfig) Validate() error {
	if c.MaxBytes < 0 {
		return fmt.Errorf("cardinality: GroupConfig.MaxBytes is %d: use 1 or more, or 0 for %d", c.MaxBytes, DefaultGroupBytes)
	}
	return nil
}

// Group is a list of guards that share a budget and report together. It is a
// metric.Source and a finding.Source. Names of its vecs should differ.
type Group struct {
	maxBytes int64
	bytes    atomic.Int64

	mu     sync.Mutex
	guards []*Guard
}

// NewGroup returns a Group without guards: the option [In] adds them. It panics if
// the config makes no sense.
func NewGroup(c GroupConfig) *Group {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultGroupBytes
	}
	return &Group{maxBytes: c.MaxBytes}
}

// Bytes returns what the sets of all vecs hold, by the estimate of BytesPerSet.
func (g *Group) Bytes() int64 { return g.bytes.Load() }

// Guards returns the guards in the order in which they were added.
func (g *Group) Guards() []*Guard {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.guards)
}

func (g *Group) add(guard *Guard) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.guards = append(g.guards, guard)
}

// Remove is [Guard.Leave] for a guard of this group.
func (g *Group) Remove(guard *Guard) {
	if slices.Contains(g.Guards(), guard) {
		guard.Leave()
	}
}

func (g *Group) drop(guard *Guard) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.guards = slices.DeleteFunc(g.guards, func(other *Guard) bool { return other == guard })
}

// take reserves bytes of the budget and reports whether there were enough. Without
// a group there always are.
func (g *Group) take(n int64) bool {
	if g == nil {
		return true
	}
	if g.bytes.Add(n) > g.maxBytes {
		g.bytes.Add(-n)
		return false
	}
	return true
}

func (g *Group) give(n int64) {
	if g != nil {
		g.bytes.Add(-n)
	}
}

// isFull reports whether not even one set of n bytes would fit.
func (g *Group) isFull(n int64) bool { return g != nil && g.bytes.Load()+n > g.maxBytes }
