package leakguard

import (
	"runtime"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

const (
	firstPause = 50 * time.Microsecond
	lastPause  = 5 * time.Millisecond
	// lookDuty bounds looks to a fourth of the time.
	lookDuty = 4
	// longestGap is the longest time between two looks while goroutines come
	// and go.
	longestGap = 20 * time.Millisecond
	// firstAgain is when the second look is due if no goroutine came or went: one
	// that has just begun to run may be stuck for ever by then.
	firstAgain = time.Millisecond
	// proofAfter is when the garbage collector is asked for the first time, and
	// proofAgain for the second and last: goroutines that end by themselves
	// mostly do so before.
	proofAfter = 2 * time.Millisecond
	proofAgain = 100 * time.Millisecond
)

// run looks until nothing is left, nothing that is left can ever go on, or
// patience is at an end.
func (s *search) run() Report {
	if s.scope == BubbleScope {
		return s.runInBubble()
	}
	wait := &waiting{begun: time.Now(), patience: s.settings.patience, pause: firstPause}
	for {
		isLast := wait.isOver() // a look that began before may be out of date: many checks at once wait for each other
		l, err := s.look()
		if err != nil {
			return Report{Scope: s.scope, Err: err}
		}
		if s.isSettled(l) || isLast {
			r := l.report(s.scope)
			r.Waited = time.Since(wait.begun)
			return r
		}
		if wait.wantsProof(l) {
			stacks.Proven()
			continue
		}
		wait.forChange(l)
	}
}

func (s *search) isSettled(l *look) bool {
	return l.leaks.count <= s.allowed || l.leaks.stuck == l.leaks.count
}

// waiting is the pauses between looks. It watches the counts of goroutines,
// which costs 100 ns, and stops waiting when a look may find something else.
type waiting struct {
	begun    time.Time
	patience time.Duration
	pause    time.Duration
	proofs   int
}

func (w *waiting) left() time.Duration { return w.patience - time.Since(w.begun) }
func (w *waiting) isOver() bool        { return w.left() <= 0 }

// wantsProof reports whether the leak profile should be asked now. Its proofs
// show as "(leaked)" in the next dump.
func (w *waiting) wantsProof(l *look) bool {
	after := proofAfter
	if w.proofs > 0 {
		after = proofAgain
	}
	if w.proofs > 1 || !l.leaks.parked || time.Since(w.begun) < after || !stacks.CanProve() {
		return false
	}
	w.proofs++
	return true
}

// forChange waits until all that was found may be gone, some of it may be and
// another look is cheap enough, or patience is at an end. It also ends when a
// proof is due, and at growing intervals to see who got stuck.
func (w *waiting) forChange(l *look) {
	looked := time.Now()
	waited := looked.Sub(w.begun)
	gap := max(lookDuty*l.cost, min(waited/lookDuty, longestGap))
	anyway := max(lookDuty*l.cost, lookDuty*waited, firstAgain)
	for !w.isOver() {
		time.Sleep(min(w.pause, w.left()))
		w.pause = min(2*w.pause, lastPause)
		live, created := readGoroutines()
		if live+uint64(l.leaks.count) <= l.live && created == l.created {
			return
		}
		since := time.Since(looked)
		if since >= anyway || (live < l.live || created != l.created) && since >= gap || w.wouldProve(l) {
			return
		}
	}
}

// wouldProve reports the same as wantsProof, which counts.
func (w *waiting) wouldProve(l *look) bool {
	again := *w
	return again.wantsProof(l)
}

const (
	// yields is how often a look in a bubble gives way to others before.
	yields = 100
	// bubbleRound is about what a look in a bubble takes with its yields.
	bubbleRound = 50 * time.Microsecond
)

// runInBubble lets the bubble come to rest. Time there is not real: to sleep
// would move its clock, and hang if a goroutine waits for the network or a
// mutex. So it gives way to others instead, and looks. When all that is left is
// durably blocked, nothing will end any more: the bubble's clock stops with the
// test, for sleepers too. A bubble that does not come to rest gets as many looks
// as patience has room for.
func (s *search) runInBubble() Report {
	for rounds := s.settings.patience / bubbleRound; ; rounds-- {
		for range yields {
			runtime.Gosched()
		}
		l, err := s.look()
		if err != nil {
			return Report{Scope: s.scope, Err: err}
		}
		if s.isSettled(l) || !l.busy || rounds <= 0 {
			return l.report(s.scope)
		}
	}
}
