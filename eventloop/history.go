package eventloop

import "sync"

// history keeps snapshots of the last minute, 30 KiB of them.
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

// oldest returns the oldest one that there is; ok is false if there is none.
func (h *history) oldest() (s Snapshot, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range historySize {
		if s := &h.snapshots[(h.next+i)%historySize]; !s.At.IsZero() {
			return *s, true
		}
	}
	return s, false
}

// window returns what happened in the last minute, or since Start if that is less.
func (p *Probe) window() Snapshot {
	now := p.Snapshot()
	if oldest, ok := p.history.oldest(); ok {
		return now.Sub(oldest)
	}
	return now
}
