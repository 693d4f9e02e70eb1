package heap

import "github.com/govitals/govitals/internal/memprof"

// snapshot takes a step and returns what every stack holds now, without the
// addresses of the stacks: 64 bytes for each.
func (s *Sites) snapshot() (memprof.Snapshot, error) {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	if err := s.step(); err != nil {
		return memprof.Snapshot{}, err
	}
	return s.reader.Snapshot(s.at, s.cycle), nil
}

// since takes a step and returns what changed since a snapshot, with stacks. The
// zero snapshot stands for an empty heap, so that everything has changed.
func (s *Sites) since(before memprof.Snapshot) (memprof.Snapshot, error) {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	if err := s.step(); err != nil {
		return memprof.Snapshot{}, err
	}
	return s.reader.Since(before, s.at, s.cycle), nil
}
