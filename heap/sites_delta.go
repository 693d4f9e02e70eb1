package heap

import (
	"time"

	"github.com/govitals/govitals/internal/memprof"
)

const errNoBaseline = missing("heap: Sites: there is no baseline yet: Baseline takes one, when the program has warmed up")

// Baseline reads the heap profile and remembers it whole, as what later deltas
// count from. It is a Step as well. It keeps 64 bytes for each stack until the
// next call.
func (s *Sites) Baseline() error {
	_, err := s.stepped(func() (memprof.Snapshot, error) {
		s.baseline = s.reader.Snapshot(s.at, s.cycle)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.base = moment{ID: baselineID, At: s.at}
		return s.baseline, nil
	})
	return err
}

// stepped takes a step and returns what read makes of it.
func (s *Sites) stepped(read func() (memprof.Snapshot, error)) (memprof.Snapshot, error) {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	if err := s.step(); err != nil {
		return memprof.Snapshot{}, err
	}
	return read()
}

// Kept returns the moments of the readings in the history, the oldest first, at
// most eight.
func (s *Sites) Kept() []time.Time {
	kept := s.total().Kept()
	times := make([]time.Time, len(kept))
	for i, m := range kept {
		times[i] = m.At
	}
	return times
}

// snapshot takes a step and returns what every stack holds now, without the
// addresses of the stacks: 64 bytes for each.
func (s *Sites) snapshot() (memprof.Snapshot, error) {
	return s.stepped(func() (memprof.Snapshot, error) { return s.reader.Snapshot(s.at, s.cycle), nil })
}

// since takes a step and returns what changed since a snapshot, for each stack
// that did: signed, with stacks, in estimated bytes and objects. The zero
// snapshot stands for an empty heap, so that everything has changed.
func (s *Sites) since(before memprof.Snapshot) (memprof.Snapshot, error) {
	return s.stepped(func() (memprof.Snapshot, error) { return s.reader.Since(before, s.at, s.cycle), nil })
}

// delta takes a step and returns what changed since a moment, as since does. What
// counts from another moment than that of the Baseline has no allocations, and
// none of the stacks that Untracked counts.
func (s *Sites) delta(from origin) (memprof.Snapshot, error) {
	return s.stepped(func() (memprof.Snapshot, error) {
		hasBaseline := !s.baseline.At.IsZero()
		switch {
		case from.isBaseline() && !hasBaseline:
			return memprof.Snapshot{}, errNoBaseline
		case from.isBaseline() || hasBaseline && from.id == cycleID(s.baseline.Cycle):
			return s.reader.Since(s.baseline, s.at, s.cycle), nil
		}
		i := from.find(s.total().Kept())
		if i < 0 {
			return memprof.Snapshot{}, from.unknown(s.moments())
		}
		return s.tracker.Since(&s.reader, i), nil
	})
}
