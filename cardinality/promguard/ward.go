package promguard

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// ward is a label set of a vec that somebody else writes to. One that was admitted
// is attached to the metric in that vec; all others are where totals go.
type ward struct {
	fence  *fence
	values []string
	turns  atomic.Uint64
	round  int // the sweep that saw it last; under the mutex of the fence

	mu     sync.Mutex
	metric prometheus.Metric // nil if it is not attached
	key    any               // of metric
	gained *tally            // what was folded into it
	into   *ward             // where the set was demoted to
	folded *tally            // what of metric was added there
}

// attach makes the metric the one of the set and returns the key of the one before,
// nil if there was none.
func (w *ward) attach(m prometheus.Metric, key any) (before any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, w.metric, w.key = w.key, m, key
	return before
}

// detach takes the metric away, and returns where the set was demoted to, if it
// was, and what of the metric was added there.
func (w *ward) detach() (m prometheus.Metric, into *ward, folded *tally) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, w.metric, w.key = w.metric, nil, nil
	return m, w.into, w.folded
}

// gain takes over what is in now and was not in before.
func (w *ward) gain(now, before *tally) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.into != nil {
		w.into.gain(now, before)
		return
	}
	if w.gained == nil {
		w.gained = &tally{}
	}
	w.gained.add(now, before)
}

// Fold implements [cardinality.Folder]. The vec makes a new metric when the set is
// used again, so all that is written to this one comes from goroutines that hold
// it.
func (w *ward) Fold(into *ward) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.into == nil {
		w.fence.remove(w.values)
	}
	w.into = into
	if w.metric != nil {
		w.folded = fold(w.metric, into, w.folded)
	}
	if w.gained != nil {
		into.gain(w.gained, nil)
		w.gained = nil
	}
}

// fold adds to a ward what a metric recorded since the last time, and returns what
// it has recorded by now.
func fold(m prometheus.Metric, into *ward, before *tally) *tally {
	data, err := read(m)
	if err != nil || !addsUp(data) {
		return before
	}
	now := readTally(data)
	into.gain(now, before)
	return now
}

// addsUp reports whether metrics of that type have a sum: a gauge, whose value may
// have been set, has not.
func addsUp(m *dto.Metric) bool {
	return m.GetCounter() != nil || m.GetHistogram() != nil || m.GetSummary() != nil
}

// Activity implements [cardinality.Active]. A gauge is always active: it would lose
// its value. So is what cannot be read, or may not be deleted.
func (w *ward) Activity() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.metric == nil {
		return w.turns.Load()
	}
	data, err := read(w.metric)
	if err != nil || !addsUp(data) || w.fence.keeps.Load() {
		return w.turns.Add(1)
	}
	t := readTally(data)
	w.turns.Store(t.count + math.Float64bits(t.sum)) // a counter has no count
	return w.turns.Load()
}

// export returns what a scrape is to see of the set, nil if that is nothing. A
// metric alone may be read later; a total is read now.
func (w *ward) export() prometheus.Metric {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.gained == nil && w.into == nil:
		return w.metric
	case w.gained == nil:
		return nil
	}
	f := &frozen{desc: w.fence.desc}
	if w.metric != nil {
		f = freeze(w.metric)
	} else {
		f.data = w.fence.blank(w.values)
	}
	if f.err == nil {
		w.gained.addTo(f.data)
	}
	return f
}
