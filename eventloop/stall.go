package eventloop

import (
	"context"
	"time"
)

// Stall is a time in which what was ready did not run, found when it was over.
type Stall struct {
	// Start is when the tick that saw it was due. The stall began up to a period
	// earlier.
	Start time.Time
	// Lag is how late that tick was.
	Lag time.Duration
	// Cause is what held it up, CauseUnknown where nothing fits.
	Cause Cause
	// Evidence is what the cause was told from.
	Evidence Evidence
}

// explainer tells why there was a stall from counters that it keeps. Its methods are
// called from several goroutines.
type explainer interface {
	// Baseline reads the counters; depth says which of the dear ones too.
	Baseline(at time.Time, depth depth)
	// Explain tells what they gained in a stall that has ended just now.
	Explain(start, end time.Time, lag time.Duration) (Cause, Evidence)
}

// maxPending bounds the stalls that wait to be explained. What comes while so many
// wait is counted as unknown and not reported.
const maxPending = 8

// stallQueue hands stalls from the goroutine that ticks to the one that explains.
type stallQueue struct {
	wake    chan struct{} // the watcher is to look
	pending chan pendingStall
}

type pendingStall struct {
	start, end time.Time
	lag        time.Duration
}

func newStallQueue() stallQueue {
	return stallQueue{wake: make(chan struct{}, 1), pending: make(chan pendingStall, maxPending)}
}

// put reports false if there is no room.
func (q *stallQueue) put(s pendingStall) bool {
	select {
	case q.pending <- s:
		return true
	default:
		return false
	}
}

// take removes the oldest.
func (q *stallQueue) take() (s pendingStall, ok bool) {
	select {
	case s = <-q.pending:
		return s, true
	default:
		return s, false
	}
}

// nudge has the watcher look.
func (q *stallQueue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default: // it is being woken already
	}
}

// stalled notes a tick that was late by lag. It runs on the goroutine that ticks.
func (p *Probe) stalled(lag time.Duration) {
	p.stalledFor.Add(int64(lag))
	end := time.Now()
	p.witness.Baseline(end, shallow) // who explains it may have to wait in the very queue that is to blame
	s := pendingStall{end.Add(-lag), end, lag}
	if !p.stalls.put(s) {
		p.recordUnknown(s)
	}
	if p.ended.Load() {
		p.forgo()
	}
}

// explain finds the cause of what waits, counts it and tells the user.
func (p *Probe) explain(ctx context.Context) {
	for ctx.Err() == nil {
		pending, ok := p.stalls.take()
		if !ok {
			return
		}
		cause, evidence := p.witness.Explain(pending.start, pending.end, pending.lag)
		stall := Stall{pending.start, pending.lag, cause, evidence}
		p.record(stall)
		if capture := p.capture.Load(); capture != nil {
			capture.stalled(stall)
		}
		if p.calls != nil {
			p.calls.Send(stall)
		}
	}
}

// forgo counts what nobody explains any more.
func (p *Probe) forgo() {
	for s, ok := p.stalls.take(); ok; s, ok = p.stalls.take() {
		p.recordUnknown(s)
	}
}

func (p *Probe) recordUnknown(s pendingStall) {
	p.record(Stall{Start: s.start, Lag: s.lag, Cause: CauseUnknown})
}

// record counts a stall under its cause.
func (p *Probe) record(s Stall) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.causes.add(s.Cause, s.Lag)
	p.recent.add(s)
}
