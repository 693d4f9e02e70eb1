package promguard

import "sync/atomic"

// life says what became of the set that a child belongs to. Callers keep
// children, so a child has to know by itself.
type life struct {
	bits atomic.Uint32
	// turns changes with each Activity that found the child in use. Only the
	// guard calls it, one call at a time, but from any goroutine.
	turns atomic.Uint64
}

const (
	// used: recorded to since Activity was called last.
	used = 1 << iota
	// pinned: must not be demoted.
	pinned
	// shared: stands for many sets.
	shared
	// demoted: the set has given its place away, into another child.
	demoted
)

// enter comes before recording. It reports false if the child is demoted. One
// load is all it costs as a rule.
func (l *life) enter() bool {
	bits := l.bits.Load()
	return bits&(used|demoted) == used || l.mark(bits)
}

func (l *life) mark(bits uint32) bool {
	if bits&demoted != 0 {
		return false
	}
	l.bits.Or(used)
	return true
}

// leave comes after recording. It reports false if the child was demoted
// meanwhile: then what was recorded may have missed the fold. Fold sets the bit
// before it reads and a recorder reads the bit after it wrote, so one of them
// sees the other, and nothing needs to be counted in and out.
func (l *life) leave() bool { return l.bits.Load()&demoted == 0 }

func (l *life) is(bit uint32) bool { return l.bits.Load()&bit != 0 }

// Activity implements [cardinality.Active]. What is pinned is always active.
func (l *life) Activity() uint64 {
	if l.is(pinned) || l.bits.And(^uint32(used))&used != 0 {
		return l.turns.Add(1)
	}
	return l.turns.Load()
}
