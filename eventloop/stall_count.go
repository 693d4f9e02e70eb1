package eventloop

import "time"

// StallCount is how many stalls there were and how long they were together.
type StallCount struct {
	// Count is their number.
	Count uint64
	// Seconds is their length, as of the tick that saw each first.
	Seconds float64
}

// causeCounts counts stalls by cause, in the order of kinds.
type causeCounts [len(kinds)]StallCount

// add counts one.
func (c *causeCounts) add(cause Cause, lag time.Duration) {
	at := cause.index()
	c[at].Count++
	c[at].Seconds += lag.Seconds()
}

// since returns what was counted after the earlier state.
func (c causeCounts) since(earlier causeCounts) (gained causeCounts) {
	for i := range c {
		if c[i].Count > earlier[i].Count {
			gained[i] = StallCount{c[i].Count - earlier[i].Count, c[i].Seconds - earlier[i].Seconds}
		}
	}
	return gained
}

// byCause returns the counts that are not 0, nil if there are none.
func (c causeCounts) byCause() map[Cause]StallCount {
	var counts map[Cause]StallCount
	for i, each := range c {
		if each.Count > 0 {
			if counts == nil {
				counts = make(map[Cause]StallCount)
			}
			counts[kinds[i].cause] = each
		}
	}
	return counts
}

// worst returns the cause of most of the time, "" if there were no stalls.
func (c causeCounts) worst() (cause Cause, of StallCount) {
	for i, each := range c {
		if each.Seconds > of.Seconds {
			cause, of = kinds[i].cause, each
		}
	}
	return cause, of
}

// maxRecent bounds the stalls that are remembered one by one.
const maxRecent = 32

// recentStalls are the latest stalls in a circle.
type recentStalls struct {
	stalls [maxRecent]Stall
	next   int
}

func (r *recentStalls) add(s Stall) {
	r.stalls[r.next] = s
	r.next = (r.next + 1) % maxRecent
}

// worst returns the longest that began after a time.
func (r *recentStalls) worst(after time.Time) (worst Stall) {
	for _, s := range r.stalls {
		if s.Start.After(after) && s.Lag > worst.Lag {
			worst = s
		}
	}
	return worst
}

// first returns when the first of those began that began after a time, the zero time
// if there are none.
func (r *recentStalls) first(after time.Time) (first time.Time) {
	for _, s := range r.stalls {
		if s.Start.After(after) && (first.IsZero() || s.Start.Before(first)) {
			first = s.Start
		}
	}
	return first
}
