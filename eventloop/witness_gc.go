package eventloop

import "time"

// collections follows the garbage collector from reading to reading. The
// runtime does not say whether it runs; but each collection stops the world as it
// begins and as it ends, and is counted when it ends (GOROOT/src/runtime/mgc.go).
type collections struct {
	pauses, cycles uint64
	at             time.Time
	cpu, gcCPU     time.Duration

	running bool
	began   time.Time // of the one that runs
	done    [collectionsKept]collection
	next    int
}

// collectionsKept is how many are remembered. Those that follow one another
// without a pause are kept as one.
const collectionsKept = 16

// collection is a time in which the collector ran, and the share of GOMAXPROCS
// that it took.
type collection struct {
	began, ended time.Time
	cpu          time.Duration
	share        float64
}

// see takes a reading. What happened since the one before is only known to have
// happened in between.
func (c *collections) see(r *reading) {
	pauses, cycles := r.gcPauses-c.pauses, r.gcCycles-c.cycles
	if !c.at.IsZero() && r.gcPauses >= c.pauses && r.gcCycles >= c.cycles {
		c.advance(r, pauses, cycles)
	}
	c.pauses, c.cycles, c.at, c.cpu, c.gcCPU = r.gcPauses, r.gcCycles, r.at, r.cpu, r.gcCPU
}

func (c *collections) advance(r *reading, pauses, cycles uint64) {
	open := pauses
	if c.running {
		open++
	}
	if cycles > 0 {
		c.end(r)
	}
	running := open > 2*cycles
	if running && pauses == 0 && c.idled(r) {
		running = false // an ending that had to be tried twice was counted as a beginning
	}
	if running && (!c.running || cycles > 0) {
		c.began = c.at
	}
	c.running = running
}

// idled reports whether the process did so little since the reading before that no
// collection can have been going on.
func (c *collections) idled(r *reading) bool {
	const long = 50 * time.Millisecond // the kernel's figure is some milliseconds behind
	passed := r.at.Sub(c.at)
	return passed >= long && r.cpu-c.cpu < passed/10
}

// end keeps what ended since the reading before.
func (c *collections) end(r *reading) {
	done := collection{began: c.at, ended: r.at, cpu: r.gcCPU - c.gcCPU}
	if c.running {
		done.began = c.began
	}
	latest := c.latest()
	if latest.ended.Equal(done.began) {
		done.began, done.cpu = latest.began, done.cpu+latest.cpu
	} else {
		c.next = (c.next + 1) % collectionsKept
	}
	if lasted := done.ended.Sub(done.began); lasted > 0 && r.procs > 0 {
		done.share = min(1, float64(max(0, done.cpu))/float64(lasted)/float64(r.procs))
	}
	*c.latest() = done
}

// unmeasured reports whether the collection that runs is the first that was seen: what
// it takes is counted when it ends, and there is none before it to go by.
func (c *collections) unmeasured() bool { return c.running && c.latest().ended.IsZero() }

func (c *collections) latest() *collection { return &c.done[c.next] }

// during returns how much of a time a collection ran for, and the share of
// GOMAXPROCS that it took then. Both are 0 to 1.
func (c *collections) during(start, end time.Time) (overlap, share float64) {
	var covered, weighted float64
	add := func(began, ended time.Time, share float64) {
		if length := earlier(ended, end).Sub(later(began, start)).Seconds(); length > 0 {
			covered += length
			weighted += length * share
		}
	}
	for _, done := range c.done {
		add(done.began, done.ended, done.share)
	}
	if c.running {
		add(c.began, end, c.latest().share)
	}
	length := end.Sub(start).Seconds()
	if covered == 0 || length <= 0 {
		return 0, 0
	}
	return min(1, covered/length), weighted / covered
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
