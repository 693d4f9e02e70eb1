package heap

import "time"

// Cycle accounts for what happened between two readings in which the number of
// garbage collections rose. The zero value means that no such pair is known.
//
// Go's collector has no generations. The words here are those of an accounting
// view: old is what a collection found reachable, young what was allocated
// since.
type Cycle struct {
	// Number is that of the latest collection in it, as in Stats.Cycles.
	Number uint64
	// At is when that was first seen, up to one Interval after its end.
	At time.Time
	// Count is how many collections it covers. It is 1 where the Monitor saw
	// each; where they come faster than it polls, figures per cycle are
	// averages over Count.
	Count uint64
	// Forced is how many of them the program asked for.
	Forced uint64
	// Live is what the latest collection found reachable, in bytes.
	Live uint64
	// Allocated is the bytes allocated per cycle. It is measured when the
	// Monitor polls, so what was allocated between the end of a collection and
	// the poll counts for the cycle before.
	Allocated uint64
	// Promoted is the net growth of live memory per cycle, in bytes: what
	// survived of the new minus what died of the old. Gross promotion cannot be
	// observed. It may be negative.
	Promoted int64
	// Survival is the share, 0 to 1, of what was on the heap at the beginning
	// of a collection that it found reachable: Live of Live before plus
	// Allocated.
	Survival float64
	// CohortSurvival is the share, 0 to 1, of the newly allocated that outlived
	// a collection: Promoted of Allocated. Old memory that died hides as much of
	// the new, so it is a lower bound.
	CohortSurvival float64
	// GCShare is the share, 0 to 1, of the CPU that the process could have used
	// (GOMAXPROCS times the time) that garbage collection took from the program.
	// IdleShare is what it took besides on processors that had nothing to do.
	GCShare, IdleShare float64
	// CPU is the CPU time of GCShare per cycle: the price of one collection.
	CPU time.Duration
}

// cycleBetween accounts for what happened since the previous reading in which a
// collection was new. It returns false if there was none, or if the counts run
// backwards, which they never do in one process.
func cycleBetween(before, now *Stats) (Cycle, bool) {
	if before.Cycles == 0 || now.Cycles <= before.Cycles || now.Allocated < before.Allocated {
		return Cycle{}, false
	}
	count := now.Cycles - before.Cycles
	c := Cycle{
		Number: now.Cycles, At: now.At, Count: count, Forced: now.ForcedCycles - before.ForcedCycles,
		Live:      now.Live,
		Allocated: (now.Allocated - before.Allocated) / count,
		Promoted:  (int64(now.Live) - int64(before.Live)) / int64(count),
	}
	c.survive()
	c.spend(before, now)
	return c, true
}

// survive fills the two rates. Live before the latest of several collections is
// not known: it is taken to lie on the line between the two ends.
func (c *Cycle) survive() {
	if before := float64(c.Live) - float64(c.Promoted); before+float64(c.Allocated) > 0 {
		c.Survival = share(float64(c.Live), before+float64(c.Allocated))
	}
	if c.Allocated > 0 {
		c.CohortSurvival = share(float64(c.Promoted), float64(c.Allocated))
	}
}

// spend fills what the collections cost. The runtime brings its CPU figures up
// to date when a collection ends, all at the same instant, so the difference
// between two readings with different cycles is that of whole cycles.
func (c *Cycle) spend(before, now *Stats) {
	total := now.CPUTotal - before.CPUTotal
	idle := max(0, now.CPUGCIdle-before.CPUGCIdle)
	compulsory := max(0, now.CPUGC-before.CPUGC-idle)
	if total > 0 {
		c.GCShare, c.IdleShare = share(compulsory, total), share(idle, total)
		c.CPU = time.Duration(compulsory / float64(c.Count) * float64(time.Second))
	}
}

// share returns part of whole, kept between 0 and 1.
func share(part, whole float64) float64 { return min(1, max(0, part/whole)) }

// keptCycles is how many records a Monitor keeps: at one per second those of
// the last four minutes, in an idle service those of eight hours.
const keptCycles = 256

// cycleLog is a ring of the latest records.
type cycleLog struct {
	records [keptCycles]Cycle
	added   int
}

func (l *cycleLog) add(c Cycle) {
	l.records[l.added%keptCycles] = c
	l.added++
}

// after returns the records with a number above the given one, the oldest
// first.
func (l *cycleLog) after(number uint64) []Cycle {
	first := l.added
	for first > max(0, l.added-keptCycles) && l.records[(first-1)%keptCycles].Number > number {
		first--
	}
	recent := make([]Cycle, 0, l.added-first)
	for ; first < l.added; first++ {
		recent = append(recent, l.records[first%keptCycles])
	}
	return recent
}
