package vitals

import "time"

// cyclesKept is how many moments a collectionLog keeps.
const cyclesKept = 256

// collectionLog remembers how many collections there were when. It keeps at most
// cyclesKept moments, further and further apart the longer it runs.
type collectionLog struct {
	at     []time.Time
	cycles []uint64
	every  time.Duration // between two moments
}

func (c *collectionLog) add(at time.Time, cycles uint64) {
	if n := len(c.at); n > 0 && at.Sub(c.at[n-1]) < c.every {
		return
	}
	if len(c.at) == cyclesKept {
		c.thin()
	}
	c.at, c.cycles = append(c.at, at), append(c.cycles, cycles)
}

// thin drops every second moment.
func (c *collectionLog) thin() {
	kept := 0
	for i := 0; i < len(c.at); i += 2 {
		c.at[kept], c.cycles[kept] = c.at[i], c.cycles[i]
		kept++
	}
	c.every = max(2*c.every, c.at[kept-1].Sub(c.at[0])/cyclesKept)
	c.at, c.cycles = c.at[:kept], c.cycles[:kept]
}

// after returns how many collections there were at least from a moment until there
// were now so many.
func (c *collectionLog) after(since time.Time, now uint64) uint64 {
	for i := range c.at {
		if !c.at[i].Before(since) {
			return now - min(now, c.cycles[i])
		}
	}
	return 0
}
