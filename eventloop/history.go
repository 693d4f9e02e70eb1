package eventloop

import "sync"

// history keeps the latest snapshots, 30 KiB of them: those of the last minute, unless
// Config.IdlePeriod is longer than historyEvery.
type history struct {
	mu        sync.Mutex
	snapshots [historySize]Snapshot
	next      int
}

// add replaces the oldest.
func (h *history) add(s Snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.snapshots[h.next] = s
	h.next = (h.next + 1) % historySize
}

// window returns what happened since the youngest of those that are old enough, or the
// oldest that there is; ok is false if there is none.
func (h *history) window(now Snapshot) (w Snapshot, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var from *Snapshot
	for i := range historySize {
		s := &h.snapshots[(h.next+historySize-1-i)%historySize]
		if s.At.IsZero() {
			break
		}
		from = s
		if now.At.Sub(s.At) >= leastWindow {
			break
		}
	}
	if from == nil {
		return now, false
	}
	return now.Sub(*from), true
}

// window returns what happened in the last minute, or since Start if that is less.
func (p *Probe) window() Snapshot {
	w, _ := p.history.window(p.Snapshot())
	return w
}
