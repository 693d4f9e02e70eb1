package memprof

import "slices"

const (
	// maxGrowing and maxShrinking bound the sites that are published.
	maxGrowing   = 48
	maxShrinking = 16
)

// Untracked sums up the stacks that have no history, for want of room.
type Untracked struct {
	// Sites counts those that hold something.
	Sites int
	// Bytes is what they hold.
	Bytes int64
}

// view is what readers see.
type view struct {
	top   []Growth
	total Total
}

// Total is what a Tracker says about all sites.
type Total struct {
	// Growth is the exact change of the live heap over the history, without
	// what this library holds. HasGrowth is false where it is not known.
	Growth    int64
	HasGrowth bool
	// Own is what this library holds.
	Own int64
	// Untracked are the stacks without a history.
	Untracked Untracked

	kept  [keptPoints]Moment
	count int
}

// Kept returns the moments of the history, the oldest first.
func (t Total) Kept() []Moment { return slices.Clone(t.kept[:t.count]) }

// compose writes the picked sites into the next view, with their stacks.
func (t *Tracker) compose(r *Reader) {
	if t.next.top == nil {
		t.next.top = make([]Growth, 0, maxGrowing+maxShrinking)
	}
	t.next.top = t.next.top[:0]
	for _, p := range t.growing.picks {
		t.next.top = append(t.next.top, t.growthOf(r, p.site))
	}
	for _, p := range slices.Backward(t.shrinks.picks) {
		t.next.top = append(t.next.top, t.growthOf(r, p.site))
	}
	t.next.total = Total{
		Own: t.own, Untracked: t.untracked,
		Growth:    int64(t.now.Live) - int64(t.first.Live) - (t.own - t.firstOwn),
		HasGrowth: t.first.Live > 0 && t.now.Live > 0,
	}
	t.next.total.count = copy(t.next.total.kept[:], t.moments.kept)
}

// Publish makes visible what the latest Step computed. It takes no time.
func (t *Tracker) Publish() { t.next, t.shown = t.shown, t.next }

// Top returns the sites that grew, the best ranked first, then those that
// shrank, the largest loss last. It is valid until the next Publish.
func (t *Tracker) Top() []Growth { return t.shown.top }

// Total returns what is known about all sites.
func (t *Tracker) Total() Total { return t.shown.total }

// Rate returns the sampling rate of the history, 0 before the first Step.
func (t *Tracker) Rate() int { return t.rate }
