package singleflight

import (
	"context"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// secondChances bounds how many used values one eviction passes over.
const secondChances = 64

// store bounds what all shards keep together, and what is reserved for loads that
// run. Locks are taken in the order shard, store.
//
// Each kept value and each reservation holds its bytes in budget, so both
// together cannot exceed it. While a load queues for room nothing new is kept:
// else it might wait for bytes that only an eviction would give back.
type store[K comparable, V any] struct {
	max        int64
	maxEntries int
	budget     *semaphore.Weighted
	wanting    atomic.Int64 // loads that queue for room
	evicted    atomic.Uint64
	sizes      *sizes[K] // nil if nothing is reserved
	pins       *pins[K]
	shardOf    func(K) *shard[K, V]

	mu             sync.Mutex
	newest, oldest *entry[K, V] // linked in the order of their last use, nearly
	entries        int
	bytes          int64 // of entries
	reserved       int64 // for loads that run
}

func newStore[K comparable, V any](config *Config[K, V], pins *pins[K], shardOf func(K) *shard[K, V]) *store[K, V] {
	s := &store[K, V]{max: config.room(), maxEntries: config.MaxEntries, pins: pins, shardOf: shardOf}
	s.budget = semaphore.NewWeighted(s.max)
	if config.MaxBytes > 0 {
		s.sizes = newSizes[K](s.max)
	}
	return s
}

// tryReserve sets n bytes aside for a load, which may mean that values are dropped.
// It reports false if there is no room.
func (s *store[K, V]) tryReserve(n int64) bool {
	if !s.makeRoom(n) {
		return false
	}
	s.book(n)
	return true
}

// reserve waits for room. It looks for some once more after it has said that it
// waits: what was kept before that is there to be dropped, and nothing is kept
// after it.
func (s *store[K, V]) reserve(ctx context.Context, n int64) error {
	s.wanting.Add(1)
	defer s.wanting.Add(-1)
	if s.tryReserve(n) {
		return nil
	}
	if err := s.budget.Acquire(ctx, n); err != nil {
		return err
	}
	s.book(n)
	return nil
}

// book changes what counts as reserved. It grows after the budget was taken and
// shrinks before it is given back, so that what is reserved and held together is
// within the bound at any moment.
func (s *store[K, V]) book(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved += n
}

// turn makes the room of a value out of a reservation, and reports false if there
// is none for it. The rest of the reservation is given back in any case.
func (s *store[K, V]) turn(reserved, size int64) bool {
	if reserved > 0 {
		s.book(-reserved)
	}
	switch {
	case size < reserved:
		s.budget.Release(reserved - size)
	case size > reserved && (s.wanting.Load() > 0 || !s.makeRoom(size-reserved)):
		s.budget.Release(reserved)
		return false
	}
	if !s.makePlace() {
		s.budget.Release(size)
		return false
	}
	return true
}

// makePlace drops values until there is place for one more.
func (s *store[K, V]) makePlace() bool {
	for s.full() {
		if !s.evict() {
			return false
		}
	}
	return true
}

func (s *store[K, V]) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries >= s.maxEntries
}

// makeRoom takes n bytes out of the budget, and drops values until they are
// there. It reports false if there is nothing left to drop.
func (s *store[K, V]) makeRoom(n int64) bool {
	for !s.budget.TryAcquire(n) {
		if !s.evict() {
			return false
		}
	}
	return true
}

// giveBack ends a reservation.
func (s *store[K, V]) giveBack(n int64) {
	if n > 0 {
		s.book(-n)
		s.budget.Release(n)
	}
}

// evict drops one value that was not used lately. It reports false if there is
// none. The bytes count until the value has left its shard.
func (s *store[K, V]) evict() bool {
	e := s.takeOldest()
	if e == nil {
		return false
	}
	home := s.shardOf(e.key)
	home.mu.Lock()
	home.removeLocked(e)
	home.mu.Unlock()
	s.evicted.Add(1)
	s.letGo(e)
	return true
}

// takeOldest unlinks the value whose turn it is. One that was used since it was
// last looked at gets a second chance.
func (s *store[K, V]) takeOldest() *entry[K, V] {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range secondChances {
		e := s.oldest
		if e == nil || !e.used.Swap(false) {
			break
		}
		s.cut(e)
		s.push(e)
	}
	e := s.oldest
	if e != nil {
		s.cut(e)
	}
	return e
}

// link makes a value count whose bytes were taken out of the budget before. It
// reports false if it must not be kept. The caller holds shard.mu.
func (s *store[K, V]) link(e *entry[K, V]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wanting.Load() > 0 || s.entries >= s.maxEntries {
		return false
	}
	s.push(e)
	return true
}

// unlink lets go of a value that has left its shard, unless an eviction does so.
func (s *store[K, V]) unlink(e *entry[K, V]) {
	s.mu.Lock()
	linked := e.linked
	if linked {
		s.cut(e)
	}
	s.mu.Unlock()
	if linked {
		s.letGo(e)
	}
}

// letGo gives the bytes of a value back that nobody finds any more.
func (s *store[K, V]) letGo(e *entry[K, V]) {
	if e.expiry != nil {
		e.expiry.Stop()
	}
	s.pins.release(e.life)
	s.budget.Release(e.size)
}

// push makes e the newest. The caller holds store.mu.
func (s *store[K, V]) push(e *entry[K, V]) {
	e.older, e.newer, e.linked = s.newest, nil, true
	if s.newest != nil {
		s.newest.newer = e
	} else {
		s.oldest = e
	}
	s.newest = e
	s.entries++
	s.bytes += e.size
}

// cut takes e out of the order. The caller holds store.mu.
func (s *store[K, V]) cut(e *entry[K, V]) {
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		s.newest = e.older
	}
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		s.oldest = e.newer
	}
	e.older, e.newer, e.linked = nil, nil, false
	s.entries--
	s.bytes -= e.size
}

// held returns how much is kept, and how much is reserved at the same moment.
func (s *store[K, V]) held() (entries int, bytes, reserved int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries, s.bytes, s.reserved
}
