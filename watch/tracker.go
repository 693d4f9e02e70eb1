package watch

import (
	"math/rand/v2"
	"sync"
	"time"
	"unsafe"
)

const (
	// trackerShards is how many locks share the traffic. One is picked at random or by
	// the goroutine, which costs a few nanoseconds and needs no knowledge of processors.
	trackerShards = 16
	// maxTracked is how many things a shard has in its chains, 65,536 over all shards.
	// Those beyond are counted, and their records are held by their tickets alone.
	maxTracked = 4096
	// maxFree is how many records a shard keeps for reuse.
	maxFree = 64
)

// stage is where a thing is: it goes from one to the next, and back if it is to be
// done again.
type stage uint8

const (
	first stage = iota // waiting in a queue, or simply there
	second
	stages
	gone
)

// tracker knows how many things are in each stage and which is the oldest, in a time
// that does not depend on how many there are. T is what is kept with each.
type tracker[T any] struct {
	base   time.Time
	shards [trackerShards]shard[T]
}

type shard[T any] struct {
	mu      sync.Mutex
	chains  [stages]chain[T]
	moved   int64 // when something last went to the second stage
	tracked int
	free    *record[T]
	spare   int
	_       [40]byte // keeps neighbours out of the cache line of mu
}

// chain links the things of one stage, the oldest first. Times are nanoseconds
// since tracker.base: they are read with the monotonic clock alone, which takes
// half the time of time.Now.
type chain[T any] struct {
	oldest, newest *record[T]
	count          int64
	sum            int64 // of at, so that all ages can be added up at once
	loose          int64 // are in the stage and not in the chain
}

// record is one thing. It is used again when that is gone, under another number.
type record[T any] struct {
	older, newer *record[T]
	number       uint64
	at           int64
	stage        stage
	loose        bool // in no chain, since there are too many
	value        T
}

// ticket names a thing. The zero value names none.
type ticket[T any] struct {
	home   *shard[T]
	record *record[T]
	number uint64
}

// newTracker lets time begin a second ago, so that 0 is never a time of anything.
func newTracker[T any]() *tracker[T] { return &tracker[T]{base: time.Now().Add(-time.Second)} }

func (t *tracker[T]) now() int64 { return int64(time.Since(t.base)) }

// time turns what now returned into a time.
func (t *tracker[T]) time(at int64) time.Time { return t.base.Add(time.Duration(at)) }

// add puts a new thing into the first stage, in any shard: it is often another
// goroutine that goes on with it.
func (t *tracker[T]) add(at int64, value T) ticket[T] {
	return t.shards[rand.Uint32()%trackerShards].add(at, value, true)
}

// addHere is add for things that end where they began. Their goroutine stays with one
// shard, whose lock so stays in the cache of one processor: with two of them adding and
// removing takes a third of the time. Where that shard is full, any will do.
func (t *tracker[T]) addHere(at int64, value T) ticket[T] {
	if k := t.shards[goroutineHash()%trackerShards].add(at, value, false); k.home != nil {
		return k
	}
	return t.add(at, value)
}

// goroutineHash returns a number that differs between goroutines, as their stacks do,
// and mostly stays the same in each. Stacks are 2 KiB and more.
func goroutineHash() uint32 {
	var here byte
	const golden = 0x9E3779B97F4A7C15
	return uint32(uint64(uintptr(unsafe.Pointer(&here))>>11) * golden >> 32)
}

// add puts a thing into the first stage. Beyond what is tracked it is loose, or returns
// the zero ticket if that is not wanted.
func (s *shard[T]) add(at int64, value T, loose bool) (k ticket[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tracked >= maxTracked && !loose {
		return k
	}
	r := s.take()
	r.value = value
	s.chains[first].push(r, at, first)
	return ticket[T]{home: s, record: r, number: r.number}
}

// take returns a record that is in no chain.
func (s *shard[T]) take() *record[T] {
	if s.tracked >= maxTracked {
		return &record[T]{number: 1, loose: true}
	}
	s.tracked++
	r := s.free
	if r == nil {
		return &record[T]{number: 1}
	}
	s.free, r.newer = r.newer, nil
	s.spare--
	return r
}

// give takes back a record that is in no chain. Tickets for it are void from now on.
func (s *shard[T]) give(r *record[T]) {
	var zero T
	r.number++
	r.value, r.stage = zero, gone
	if r.loose {
		return
	}
	s.tracked--
	if s.spare < maxFree {
		r.newer, s.free = s.free, r
		s.spare++
	}
}

// move puts a thing from one stage into another and returns how long it was in the
// first of them. It reports false, and does nothing, if the thing is not there.
func (t *tracker[T]) move(k ticket[T], at int64, from, to stage) (time.Duration, bool) {
	if k.home == nil {
		return 0, false
	}
	k.home.mu.Lock()
	defer k.home.mu.Unlock()
	if !k.in(from) {
		return 0, false
	}
	if to == second {
		k.home.moved = at
	}
	age := time.Duration(at - k.record.at)
	k.home.chains[from].drop(k.record)
	k.home.chains[to].push(k.record, at, to)
	return age, true
}

// remove ends a thing that is in a stage, and returns what was kept with it and how
// long it was in the stage. It reports false, and does nothing, if it is not there.
func (t *tracker[T]) remove(k ticket[T], at int64, from stage) (value T, age time.Duration, ok bool) {
	if k.home == nil {
		return value, 0, false
	}
	k.home.mu.Lock()
	defer k.home.mu.Unlock()
	if !k.in(from) {
		return value, 0, false
	}
	value, age = k.record.value, time.Duration(at-k.record.at)
	k.home.chains[from].drop(k.record)
	k.home.give(k.record)
	return value, age, true
}

// in reports whether a thing is in a stage. The lock is held.
func (k ticket[T]) in(of stage) bool {
	return k.record.number == k.number && k.record.stage == of
}

func (c *chain[T]) push(r *record[T], at int64, now stage) {
	r.at, r.stage = at, now
	if r.loose {
		c.loose++
		return
	}
	r.older, r.newer = c.newest, nil
	if c.newest == nil {
		c.oldest = r
	} else {
		c.newest.newer = r
	}
	c.newest = r
	c.count++
	c.sum += at
}

func (c *chain[T]) drop(r *record[T]) {
	if r.loose {
		c.loose--
		return
	}
	if r.older == nil {
		c.oldest = r.newer
	} else {
		r.older.newer = r.newer
	}
	if r.newer == nil {
		c.newest = r.older
	} else {
		r.newer.older = r.older
	}
	r.older, r.newer = nil, nil
	c.count--
	c.sum -= r.at
}
