package cardinality

import (
	"sync/atomic"
	"time"
)

// candidate is a set of the overflow that comes often and waits for a place.
type candidate struct {
	hash    uint64
	label   int  // the label whose limit it waits for, -1 = the total
	leaving bool // an unused set is leaving for it
	granted bool // its place is free: the next lookup gets it
	until   time.Duration
}

// maxWanted bounds the sets that wait, and so the sets that leave at a time.
const maxWanted = 64

// want adds a set to those that wait.
func (g *Guard) want(hash uint64, label int) {
	until := g.pace.now + 2*g.config.retention
	for i := range g.wanted {
		if w := &g.wanted[i]; w.hash == hash {
			if !w.granted {
				w.until = until
			}
			return
		}
	}
	if len(g.wanted) < maxWanted {
		g.wanted = append(g.wanted, candidate{hash: hash, label: label, until: until})
	}
}

// unserved returns a candidate that nobody makes room for yet, nil if there is none.
func (g *Guard) unserved() *candidate {
	for i := range g.wanted {
		if w := &g.wanted[i]; !w.leaving && !w.granted {
			return w
		}
	}
	return nil
}

// grant promises the place that became free to the candidate it was made for. If
// that has gone, the place is free for all.
func (g *Guard) grant(hash uint64) {
	for i := range g.wanted {
		if w := &g.wanted[i]; w.hash == hash {
			w.leaving, w.granted = false, true
			w.until = g.pace.now + g.config.retention
			g.reserved++
			if w.label >= 0 {
				g.labels[w.label].reserved++
			}
			g.promise(hash).Store(hash)
			return
		}
	}
}

// promise returns where a promise is shown. Not in the lowest bits of a hash: one of them
// is always set.
func (g *Guard) promise(hash uint64) *atomic.Uint64 { return &g.granted[hash>>57] }

// isGranted reports, without a lock, whether a set was promised a place. Two sets
// may share a slot; then the later one is served first.
func (g *Guard) isGranted(hash uint64) bool { return g.promise(hash).Load() == hash }

// claim takes a candidate off the list, unless a set is leaving for it, and reports
// whether it was promised a place.
func (g *Guard) claim(hash uint64) (promised bool) {
	for i := range g.wanted {
		if w := g.wanted[i]; w.hash == hash && !w.leaving {
			g.drop(i)
			return w.granted
		}
	}
	return false
}

// drop takes a candidate off the list, and gives back what it was promised.
func (g *Guard) drop(i int) {
	w := g.wanted[i]
	if w.granted {
		g.reserved--
		if w.label >= 0 {
			g.labels[w.label].reserved--
		}
		g.promise(w.hash).CompareAndSwap(w.hash, 0)
	}
	last := len(g.wanted) - 1
	g.wanted[i] = g.wanted[last]
	g.wanted = g.wanted[:last]
}

// expire drops the candidates that did not come back, and shows again those whose
// slot was taken by another.
func (g *Guard) expire() {
	for i := len(g.wanted) - 1; i >= 0; i-- {
		w := &g.wanted[i]
		if g.pace.now > w.until && !w.leaving {
			g.drop(i)
		} else if w.granted {
			g.promise(w.hash).CompareAndSwap(0, w.hash)
		}
	}
}
