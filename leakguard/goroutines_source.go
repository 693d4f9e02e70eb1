package leakguard

import (
	"iter"
	"time"

	"github.com/govitals/govitals/internal/rtm"
	"github.com/govitals/govitals/internal/stacks"
)

// goroutineSource is where Goroutines reads the process. Tests replay others.
type goroutineSource interface {
	// counts returns how many goroutines there are, and were ever started.
	counts() (live, created uint64)
	// profile calls count for each site, and reports what that cost.
	profile(count func(stacks.Site, int)) (cost time.Duration, ok bool)
	// dump lists all goroutines, and reports how long the world stood still, and
	// false if there are more than it lists.
	dump() (goroutines iter.Seq[*stacks.Goroutine], cost time.Duration, whole bool)
	// canProve and proven are those of package stacks.
	canProve() bool
	proven() map[stacks.Site]int
}

var goroutineReader = rtm.NewReader("/sched/goroutines:goroutines", "/sched/goroutines-created:goroutines")

// readGoroutines takes some hundred nanoseconds and allocates nothing.
func readGoroutines() (live, created uint64) {
	goroutineReader.Read(func(v rtm.Values) { live, created = v.Uint64(0), v.Uint64(1) })
	return live, created
}

// runtimeSource is the process itself.
type runtimeSource struct {
	stacks stacks.Profile
	dumper stacks.Dumper
}

func (s *runtimeSource) counts() (live, created uint64) { return readGoroutines() }

func (s *runtimeSource) profile(count func(stacks.Site, int)) (time.Duration, bool) {
	start := time.Now()
	ok := s.stacks.Read()
	if ok {
		for site, n := range s.stacks.All() {
			count(site, n)
		}
	}
	return time.Since(start), ok
}

func (s *runtimeSource) dump() (iter.Seq[*stacks.Goroutine], time.Duration, bool) {
	text, pause, whole := s.dumper.Dump()
	return stacks.All(text), pause, whole
}

func (s *runtimeSource) canProve() bool              { return stacks.CanProve() }
func (s *runtimeSource) proven() map[stacks.Site]int { return stacks.Proven() }
