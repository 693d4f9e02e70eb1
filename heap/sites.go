package heap

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/memprof"
)

// Sites follows what each allocation site holds through time and says which of
// them explain the growth of the heap. A site is a call stack.
//
// Call Step at whatever pace suits, once a minute say; it decides itself which
// readings to keep. The history covers the whole time since the first Step:
// eight moments, and when they are used up every second one is dropped and the
// step between them doubles. At least two readings from different garbage
// collections are needed before there is anything to say, and eight make a
// ranking that chance does not upset.
//
// All methods may be called from any goroutine. None but Step, StepAt and
// Baseline reads the profile, and none of the others waits for those.
//
// Memory: 368 bytes for each record of the runtime's profile, up to 131,072
// records; 512 KiB at most for the history, that of the 4,096 sites which hold
// most. What has no room is summed up by Untracked.
type Sites struct {
	stepping sync.Mutex // one step at a time; held during the reading
	read     func(*memprof.Reader) error
	rate     func() int // of replayed records
	stats    func(*Stats)
	reader   memprof.Reader
	tracker  memprof.Tracker
	now      Stats     // of the latest Step
	at       time.Time // of the latest reading, which may have been a replay
	cycle    uint64
	baseline memprof.Snapshot

	mu      sync.Mutex // held for a moment only
	problem error
	base    moment // of baseline, the zero moment without one
	// The view that tracker has published is guarded by mu as well.
}

// NewSites returns a Sites that has read nothing yet.
func NewSites() *Sites {
	return &Sites{
		read:  (*memprof.Reader).Read,
		rate:  func() int { return runtime.MemProfileRate },
		stats: Read,
	}
}

// Step reads the heap profile as of the latest garbage collection. It forces
// none: two steps within one cycle count as one. It allocates nothing while no
// new sites appear. Err says whether it worked.
func (s *Sites) Step() {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	_ = s.step() // kept for Err
}

var errZeroSites = errors.New("this Sites was not made by NewSites: use that")

// step takes one reading and follows it up.
func (s *Sites) step() error {
	if s.read == nil {
		return s.take(errZeroSites, memprof.Reading{})
	}
	s.stats(&s.now)
	s.at, s.cycle = s.now.At, s.now.Cycles
	return s.take(s.read(&s.reader), memprof.Reading{At: s.at, Cycle: s.cycle + 1, Live: liveOf(&s.now)})
}

// liveOf is the live heap that the profile shows: before the first collection
// all that was allocated.
func liveOf(s *Stats) uint64 {
	if s.Cycles == 0 {
		return s.Objects
	}
	return s.Live
}

// StepAt replays a reading: records as runtime.MemProfile fills them in, and
// the time at which it did. They are taken to be sampled at the present
// runtime.MemProfileRate. The records are not kept. A step that is not later
// than the one before replaces it. What share of the growth a site has is not
// known for replayed readings.
func (s *Sites) StepAt(at time.Time, records []runtime.MemProfileRecord) {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	if s.read == nil {
		_ = s.take(errZeroSites, memprof.Reading{})
		return
	}
	s.at, s.cycle = at, 0
	_ = s.take(s.reader.Load(records, s.rate()), memprof.Reading{At: at}) // kept for Err
	s.reader.Forget()
}

// take follows up a reading that was taken without error, and remembers what
// went wrong.
func (s *Sites) take(err error, reading memprof.Reading) error {
	if err != nil {
		err = fmt.Errorf("heap: Sites: %w", err)
		s.finish(err, false)
		return err
	}
	var problem error
	rate := s.tracker.Rate()
	if !s.tracker.Step(&s.reader, reading) {
		problem = fmt.Errorf("heap: Sites: runtime.MemProfileRate changed from %d to %d: the history begins anew; set it once, at the start of main",
			rate, s.reader.Rate())
	}
	s.finish(problem, true)
	return nil
}

// finish makes a step visible.
func (s *Sites) finish(problem error, isNews bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.problem = problem; isNews {
		s.tracker.Publish()
	}
}

// Err returns why the latest step could not read the profile, or why its
// history had to begin anew, and nil if all is well. Profiling that is off and
// a profile beyond 131,072 records are such reasons. The history stays as it
// was before.
func (s *Sites) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem
}

// Own returns what this library itself holds on the heap, in bytes: most of it
// is the copy of the runtime's profile. It is left out of Growth.
func (s *Sites) Own() uint64 { return uint64(s.total().Own) }

// Untracked returns how many sites have no history, for want of room, and what
// they hold in bytes. Each of them holds less than a 4096th of the heap.
func (s *Sites) Untracked() (sites int, bytes uint64) {
	left := s.total().Untracked
	return left.Sites, uint64(left.Bytes)
}

func (s *Sites) total() memprof.Total {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tracker.Total()
}
