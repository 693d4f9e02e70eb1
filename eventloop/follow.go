package eventloop

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// followWindow is the longest time that a quantile is taken over.
	followWindow = time.Second
	// followTicks bounds the ticks in that window: with a period below 4 ms it is
	// shorter than a second.
	followTicks = 256
	// maxFollowers bounds the followers of a probe.
	maxFollowers = 64
)

// followers are told a quantile of the lag of the last moment.
type followers struct {
	mu  sync.Mutex
	all atomic.Pointer[[]follower]

	// What follows belongs to the goroutine that ticks.
	latest [followTicks]pastTick
	at     int // where the next tick is put
	sorted [followTicks]pastTick
}

// follower wants to know the q-quantile of the time that has passed last.
type follower struct {
	q      float64
	window time.Duration
	tell   func(news) (soon bool)
}

// news is what a follower is told.
type news struct {
	at     time.Duration // on the clock of the probe
	lag    time.Duration // the quantile
	latest time.Duration // the longest among the ticks since it was told last
}

// pastTick is a tick that was counted. Weight is 0 where there is none.
type pastTick struct {
	due, lag time.Duration
	weight   uint64
}

// follow has tell called whenever ticks were handled, with the q-quantile of the lag
// in a window of up to a second, exact to the nanosecond, on the goroutine that
// ticks: it must be quick, and must not panic. It is not called while the process is
// stalled; see Overdue. Where it returns true the period stays short. A probe has room for 64.
func (p *Probe) follow(window time.Duration, q float64, tell func(news) (soon bool)) error {
	f := &p.followers
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []follower
	if old := f.all.Load(); old != nil {
		all = *old
	}
	if len(all) == maxFollowers {
		return fmt.Errorf("eventloop: the probe has %d followers: use one for several handlers", maxFollowers)
	}
	all = append(slices.Clone(all), follower{q, window, tell})
	f.all.Store(&all)
	return nil
}

// see takes in a run of ticks, the oldest of them late by lag, and tells what is due. It
// reports whether a follower wants the next tick soon.
func (f *followers) see(now, lag, period time.Duration, n, weight uint64) (soon bool) {
	all := f.all.Load()
	if all == nil {
		return false
	}
	oldest := max(0, lag)
	skipped := n - min(n, followTicks)
	lag -= time.Duration(skipped) * period
	for range n - skipped {
		f.latest[f.at] = pastTick{now - lag, max(0, lag), weight}
		f.at = (f.at + 1) % followTicks
		lag -= period
	}
	for _, each := range *all {
		soon = each.tell(news{now, quantileOf(f.since(now-each.window), each.q), oldest}) || soon
	}
	return soon
}

// since returns the ticks that were due from a time on, the shortest lag first.
func (f *followers) since(from time.Duration) []pastTick {
	window := f.sorted[:0]
	for _, tick := range f.latest {
		if tick.weight > 0 && tick.due >= from {
			window = append(window, tick)
		}
	}
	slices.SortFunc(window, func(a, b pastTick) int { return cmp.Compare(a.lag, b.lag) })
	return window
}

// quantileOf returns the q-quantile of sorted ticks.
func quantileOf(sorted []pastTick, q float64) time.Duration {
	var total, seen uint64
	for _, tick := range sorted {
		total += tick.weight
	}
	for _, tick := range sorted {
		if seen += tick.weight; float64(seen) >= q*float64(total) {
			return tick.lag
		}
	}
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)-1].lag
}
