package singleflight

import (
	"runtime"
	"sync"
	"time"
	"unsafe"
	"weak"
)

const (
	// leastPinned is the size from which on values are followed: smaller ones
	// do not fill a heap, and following one costs some 200 bytes.
	leastPinned = 4 << 10
	// maxPins bounds the values that are followed.
	maxPins = 1 << 16
)

// pins knows which values are still alive, kept by the group or held by callers
// that are not done with them. What it knows is as of the last garbage
// collection.
type pins[K comparable] struct {
	shape shape

	mu     sync.Mutex
	alive  map[weak.Pointer[byte]]*generation[K]
	byKey  map[K][]*generation[K] // the oldest first
	pinned int64                  // bytes that are alive and not kept
}

// generation is one value of a key that is alive.
type generation[K comparable] struct {
	key   K
	size  int64
	since time.Duration      // when its load ended
	at    weak.Pointer[byte] // where it begins
	rest  words              // what its value consists of besides that
	kept  int                // how many entries keep it: a load may return a value twice
	ended bool
}

func newPins[K comparable](s shape) *pins[K] {
	return &pins[K]{shape: s, alive: map[weak.Pointer[byte]]*generation[K]{}, byKey: map[K][]*generation[K]{}}
}

// follow begins to follow a value, and returns nil where that cannot be done. The
// value counts as kept until it is released.
func (p *pins[K]) follow(key K, value unsafe.Pointer, size int64, since time.Duration) *generation[K] {
	if p.shape == shapeless || size < leastPinned || *(*unsafe.Pointer)(value) == nil {
		return nil
	}
	start := *(**byte)(value)
	g := &generation[K]{key: key, size: size, since: since, rest: p.shape.rest(value), kept: 1}
	cleanup, ok := p.watch(start, g)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := weak.Make(start)
	if known := p.alive[at]; known != nil && !known.ended {
		cleanup.Stop()
		if known.kept == 0 {
			p.pinned -= known.size
		}
		known.kept++
		return known
	}
	if len(p.alive) >= maxPins {
		cleanup.Stop()
		return nil
	}
	g.at = at
	p.alive[at] = g
	p.byKey[key] = append(p.byKey[key], g)
	return g
}

// watch asks for a call when the value is collected. AddCleanup panics on memory
// that is not of Go's heap, such as a mapped file, and does nothing about what
// is part of the program.
func (p *pins[K]) watch(start *byte, g *generation[K]) (cleanup runtime.Cleanup, ok bool) {
	defer func() { _ = recover() }()
	cleanup = runtime.AddCleanup(start, p.collected, g)
	return cleanup, cleanup != runtime.Cleanup{}
}

// collected notes that nobody holds a value any more.
func (p *pins[K]) collected(g *generation[K]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g.ended = true
	if g.kept == 0 {
		p.pinned -= g.size
	}
	if p.alive[g.at] == g {
		delete(p.alive, g.at)
	}
	others := p.byKey[g.key]
	for i, other := range others {
		if other == g {
			others = append(others[:i:i], others[i+1:]...)
		}
	}
	if p.byKey[g.key] = others; len(others) == 0 {
		delete(p.byKey, g.key)
	}
}

// release says that a value is not kept any more.
func (p *pins[K]) release(g *generation[K]) {
	if g == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if g.kept--; g.kept == 0 && !g.ended {
		p.pinned += g.size
	}
}

// latest returns how many values of key callers hold that are not kept, and the
// latest one, written to value.
func (p *pins[K]) latest(key K, value unsafe.Pointer) (held int, since time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.byKey[key]
	for _, g := range all {
		if g.kept == 0 {
			held++
		}
	}
	if len(all) == 0 {
		return held, 0, false
	}
	g := all[len(all)-1]
	start := g.at.Value()
	if start == nil {
		return held, 0, false
	}
	p.shape.restore(value, start, g.rest)
	return held, g.since, true
}

// count returns how many values are alive, and the bytes of those that only
// callers hold.
func (p *pins[K]) count() (generations int, pinned int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.alive), p.pinned
}
