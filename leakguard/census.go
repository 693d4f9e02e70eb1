package leakguard

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// A census is which goroutines there were at a moment. It does not change.
//
// It is what makes a check exact, and what makes it cheap. Ids are never used
// again, so whoever is not in the census is new. And while the count of
// goroutines ever started stands where it stood, nobody can be new: a check
// may then begin with the census of the one before, and end without a look.
//
// There is no cheaper way to know who is new. Ids do not tell: each P hands out
// batches of 16 (_GoidCacheBatch in runtime/proc.go), so that an idle one may
// give a low id to a new goroutine at any time. The goroutine profile has no
// ids, and counts per site hide a leak behind an old goroutine that ended.
type census struct {
	created uint64   // how many were ever started, read before the look
	ids     []uint64 // sorted
	askers  []uint64 // more that were there, at most maxAskers
}

// maxAskers bounds what is added to a census without a look.
const maxAskers = 32

// has works on nil, which is the census of an empty process.
func (c *census) has(id uint64) bool {
	if c == nil {
		return false
	}
	_, found := slices.BinarySearch(c.ids, id)
	return found || slices.Contains(c.askers, id)
}

// with returns the census after one more goroutine was started, which is the
// one that asks. It reports false if it is not.
func (c *census) with(asker uint64) (*census, bool) {
	if asker == 0 || c.has(asker) || len(c.askers) == maxAskers {
		return nil, false
	}
	next := *c
	next.created++
	next.askers = append(slices.Clone(c.askers), asker)
	return &next, true
}

// lastCensus is the latest of the process, kept for the next check: 8 bytes for
// each goroutine that was alive.
var lastCensus atomic.Pointer[census]

// markNow returns the moment that is now. It looks at the goroutines only if some
// were started since the last census, other than the one that asks: each test
// runs on a goroutine of its own. If coarse then reports true, the last census
// has to do, though some may be new to it that are older than the moment.
//
// It is called from few frames: whoever asks for its own id pays for each.
func markNow(coarse func() bool) *Moment {
	_, created := readGoroutines()
	last := lastCensus.Load()
	switch {
	case last != nil && created == last.created:
		return &Moment{before: last, created: created}
	case last != nil && created == last.created+1:
		self, _, _ := stacks.Self()
		if next, ok := last.with(self); ok {
			lastCensus.Store(next)
			return &Moment{before: next, created: created}
		}
	}
	if last != nil && coarse() {
		return &Moment{before: last, created: created}
	}
	d, err := takeDump()
	if err != nil {
		return &Moment{created: created, err: err}
	}
	return &Moment{before: d.census, created: d.census.created}
}

// dump is one look at all goroutines.
type dump struct {
	text   string
	census *census
	live   uint64        // how many there were, a moment before
	cost   time.Duration // in which the world stood still
	self   uint64        // the goroutine that looked
	bubble int           // its bubble, 0 if none
}

var errParse = errors.New("the dump of the goroutines could not be read to its end: use a release of govitals that knows this release of Go")

// takeDump takes the census of now, or says why it cannot.
func takeDump() (*dump, error) {
	d := &dump{}
	live, created := readGoroutines()
	start := time.Now()
	text, n, err := stacks.Whole()
	d.cost = time.Since(start)
	if err != nil {
		return nil, err
	}
	d.text, d.live = text, live
	d.census = &census{created: created, ids: make([]uint64, 0, n)}
	for g := range stacks.All(text) {
		if len(d.census.ids) == 0 { // the one that asks comes first
			d.self, d.bubble = g.ID, g.Bubble
		}
		d.census.ids = append(d.census.ids, g.ID)
	}
	if len(d.census.ids) != n || n == 0 {
		return nil, errParse
	}
	slices.Sort(d.census.ids)
	lastCensus.Store(d.census)
	return d, nil
}
