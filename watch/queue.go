package watch

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Queue watches the items of a queue: how many wait, since when the oldest does,
// and what became of them. [NewQueue] makes it. It holds no items itself: it goes
// with any queue, beside each item of which its [Item] is kept. For a channel there
// is [Chan].
//
// It is a metric.Source and a finding.Source.
type Queue struct {
	name    string
	limits  queueLimits
	items   *tracker[none]
	waits   timings
	works   timings
	added   atomic.Uint64
	misused atomic.Uint64
	results [itemResults]atomic.Uint64
}

type none = struct{}

type queueLimits struct {
	wait, work time.Duration
}

// QueueOption changes when a Queue complains.
type QueueOption struct{ apply func(*queueLimits) error }

// MaxWait is how long the oldest item may wait. Default: 5 minutes.
func MaxWait(d time.Duration) QueueOption {
	return QueueOption{func(l *queueLimits) error {
		l.wait = d
		return positive("MaxWait", d)
	}}
}

// MaxWork is how long a worker may take for one item. Default: 15 minutes.
func MaxWork(d time.Duration) QueueOption {
	return QueueOption{func(l *queueLimits) error {
		l.work = d
		return positive("MaxWork", d)
	}}
}

func positive(name string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("watch: %s is %v: use more than 0", name, d)
	}
	return nil
}

// NewQueue returns a Queue. The name is a constant of the program. It panics if the
// name is empty or an option makes no sense.
func NewQueue(name string, options ...QueueOption) *Queue {
	if name == "" {
		panic("watch: NewQueue: the name is empty: say which queue it is")
	}
	q := &Queue{name: name, limits: queueLimits{5 * time.Minute, 15 * time.Minute}, items: newTracker[none]()}
	for _, option := range options {
		if option.apply == nil {
			continue
		}
		if err := option.apply(&q.limits); err != nil {
			panic(err)
		}
	}
	return q
}

// Item is one item of a Queue. It goes from Add to Start to one of Done, Fail and
// Retry; Drop ends it at any time. A call that does not fit is counted, see
// QueueStats.Misused, and does nothing else. The zero value does nothing.
type Item struct {
	queue  *Queue
	ticket ticket[none]
}

// Add notes that an item was put into the queue.
func (q *Queue) Add() Item {
	q.added.Add(1)
	return Item{q, q.items.add(q.items.now(), none{})}
}

// Start notes that a worker has taken the item.
func (i Item) Start() {
	if i.queue == nil {
		return
	}
	waited, ok := i.queue.items.move(i.ticket, i.queue.items.now(), first, second)
	if !ok {
		i.queue.misused.Add(1)
		return
	}
	i.queue.waits.add(waited)
}

// Done notes that the item was dealt with.
func (i Item) Done() { i.end(ItemDone) }

// Fail notes that the item failed and will not be tried again.
func (i Item) Fail() { i.end(ItemFailed) }

// Finish is Done if err is nil, and Fail if not.
func (i Item) Finish(err error) {
	if err != nil {
		i.Fail()
		return
	}
	i.Done()
}

// Retry notes that the item failed and waits again, to be tried once more: the same
// Item then takes the next Start.
func (i Item) Retry() {
	if i.queue == nil {
		return
	}
	worked, ok := i.queue.items.move(i.ticket, i.queue.items.now(), second, first)
	if !ok {
		i.queue.misused.Add(1)
		return
	}
	i.queue.ended(ItemRetried, worked)
}

// Drop notes that the item was thrown away, whether it was taken or not. After the
// end of the item it does nothing, so it can be deferred.
func (i Item) Drop() {
	if i.queue == nil {
		return
	}
	now := i.queue.items.now()
	_, _, ok := i.queue.items.remove(i.ticket, now, first)
	if !ok {
		_, _, ok = i.queue.items.remove(i.ticket, now, second)
	}
	if ok {
		i.queue.results[ItemDropped].Add(1)
	}
}

func (i Item) end(result ItemResult) {
	if i.queue == nil {
		return
	}
	_, worked, ok := i.queue.items.remove(i.ticket, i.queue.items.now(), second)
	if !ok {
		i.queue.misused.Add(1)
		return
	}
	i.queue.ended(result, worked)
}

func (q *Queue) ended(result ItemResult, worked time.Duration) {
	q.results[result].Add(1)
	q.works.add(worked)
}

// ItemResult is what became of an item.
type ItemResult uint8

const (
	// ItemDone was dealt with.
	ItemDone ItemResult = iota
	// ItemFailed failed for good.
	ItemFailed
	// ItemRetried failed and was put back.
	ItemRetried
	// ItemDropped was thrown away.
	ItemDropped

	itemResults = iota
)

var itemResultNames = [itemResults]string{"done", "failed", "retried", "dropped"}

// String returns the lower-case word that metrics use.
func (r ItemResult) String() string { return wordOf(uint8(r), itemResultNames[:], "ItemResult") }
