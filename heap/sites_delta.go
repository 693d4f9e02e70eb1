package heap

import (
	"errors"
	"fmt"
	"time"

	"github.com/govitals/govitals/internal/memprof"
)

// Baseline reads the heap profile and remembers it whole, as what later deltas
// count from. It is a Step as well. It keeps 64 bytes for each stack until the
// next call.
func (s *Sites) Baseline() error {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	if err := s.step(); err != nil {
		return err
	}
	s.baseline = s.reader.Snapshot(s.at, s.cycle)
	return nil
}

// Kept returns the moments of the readings in the history, the oldest first, at
// most eight.
func (s *Sites) Kept() []time.Time { return s.total().Kept() }

// errNoBaseline is a mistake of the caller.
var errNoBaseline = errors.New("heap: Sites has no baseline: call Baseline once the program has warmed up")

// delta takes a step and returns what changed since a moment, for each stack
// that did: signed, with stacks, in estimated bytes and objects. The zero time
// stands for the Baseline. Any other stands for the latest moment of Kept that
// is not after it; such a delta has no allocations, and none of the stacks that
// Untracked counts.
func (s *Sites) delta(since time.Time) (memprof.Snapshot, error) {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	if err := s.step(); err != nil {
		return memprof.Snapshot{}, err
	}
	if since.IsZero() {
		if s.baseline.At.IsZero() {
			return memprof.Snapshot{}, errNoBaseline
		}
		return s.reader.Since(s.baseline, s.at, s.cycle), nil
	}
	kept := s.Kept()
	for i := len(kept) - 1; i >= 0; i-- {
		if !kept[i].After(since) {
			delta := s.tracker.Since(&s.reader, i)
			delta.Cycle = s.cycle
			return delta, nil
		}
	}
	return memprof.Snapshot{}, fmt.Errorf("heap: Sites: nothing is kept from before %v: the history begins at %v",
		since.Format(time.RFC3339), kept[0].Format(time.RFC3339))
}
