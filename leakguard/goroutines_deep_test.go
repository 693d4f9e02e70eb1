package leakguard

import (
	"iter"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// TestDeepStacksLeakToo: the text of such goroutines is twenty times that of others, and
// those that do not fit into a dump must not seem to have ended.
func TestDeepStacksLeakToo(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	s := newStepper(t)
	steps := s.run(450, func(int) { go waitDeep(90, stop) }, func() bool { return s.has(".waitDeep", Suspect) })
	if steps == 450 {
		t.Errorf("of %d goroutines that stay nothing is said", steps)
	}
}

//go:noinline
func waitDeep(depth int, stop chan struct{}) {
	if depth > 0 {
		waitDeep(depth-1, stop)
		return
	}
	<-stop
}

// crowded is a process whose dump never fits.
type crowded struct{ simProcess }

func (c *crowded) dump() (iter.Seq[*stacks.Goroutine], time.Duration, bool) {
	_, cost, _ := c.simProcess.dump()
	return func(func(*stacks.Goroutine) bool) {}, cost, false
}

func TestWithoutAWholeDumpTheCountsAreJudged(t *testing.T) {
	c := &crowded{simProcess: *newSim(1)}
	leak := c.add(&simSite{name: simName("leak"), runs: simForEver})
	g := newGoroutines(GoroutinesConfig{}, c)
	for minute := range 12 * 60 {
		c.advance(float64(minute), 10)
		c.spawn(leak, 1)
		g.Step(time.Unix(int64(minute)*60, 0))
	}
	if v := g.Verdicts(); len(v) != 1 || v[0].State != Suspect || v[0].Site != simName("leak").String() {
		t.Errorf("%+v", v)
	}
}

// hurried starts a thousand goroutines between two looks at it.
type hurried struct {
	simProcess
	created atomic.Uint64
}

func (h *hurried) counts() (live, created uint64) {
	for range rand.IntN(4) {
		runtime.Gosched()
	}
	return 1, h.created.Add(1000)
}

func (h *hurried) profile(func(stacks.Site, int)) (time.Duration, bool) { return 0, true }

// TestLoadOfReadsAtOnce: who reads the clock first and the count last must not find a
// count that has fallen.
func TestLoadOfReadsAtOnce(t *testing.T) {
	g := newGoroutines(GoroutinesConfig{}, &hurried{simProcess: *newSim(1)})
	var readers sync.WaitGroup
	var wrong atomic.Int64
	for range 8 {
		readers.Go(func() {
			for range 2000 {
				reading, _ := g.Read(t.Context())
				if reading.Load > 1e15 { // a thousand in a nanosecond are 1e12
					wrong.Add(1)
				}
			}
		})
	}
	readers.Wait()
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d of 16,000 readings have a load that cannot be", n)
	}
}
