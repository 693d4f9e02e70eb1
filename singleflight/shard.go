package singleflight

import (
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

// maxFailed bounds the errors that one shard keeps for ErrorReuse.
const maxFailed = 256

// shard is a part of a group: some of its keys with all that is known of them.
type shard[K comparable, V any] struct {
	group   *Group[K, V]
	flights *flight.Group[K, *answer[V]]
	calls   [len(sourceNames)]atomic.Uint64 // answered, by source; None counts those turned away
	left    atomic.Uint64                   // callers whose context ended first
	waiting atomic.Int64                    // callers who wait for a load

	mu     sync.RWMutex
	closed bool
	kept   map[K]*entry[K, V]
	most   int // values in kept since that was made
	failed map[K]failure
	loads  *load[K, V] // a list, the latest first
	urgent map[K]int   // loads that wait for a key

	watcher *time.Timer   // looks for loads that hang
	watched time.Duration // when it does, by Group.clock, 0 if it will not
	tags    []*tag        // of loads that have ended, at most maxTags
}

// answer is a value and since when it is there.
type answer[V any] struct {
	value    V
	at       time.Duration // when its load ended, by Group.clock
	extended bool          // the value outlives its time, see Config.MaxGenerations
	claimed  atomic.Bool   // the caller who began the load has got it
}

// entry is an answer that is kept.
type entry[K comparable, V any] struct {
	answer[V]
	key        K
	size       int64
	load       uint64 // which one it is from
	life       *generation[K]
	expiry     *time.Timer
	used       atomic.Bool // since the store last looked
	refreshing atomic.Bool

	// Under store.mu:
	newer, older *entry[K, V]
	linked       bool
}

// failure is an error that is handed out again.
type failure struct {
	err   error
	until time.Time
}

// freshness says what a kept value is good for.
type freshness uint8

const (
	gone    freshness = iota // for nothing, or there is none
	expired                  // good if a load fails
	stale                    // good while the next one is loaded
	fresh                    // good
)

func newShard[K comparable, V any](g *Group[K, V]) *shard[K, V] {
	config := &g.config
	s := &shard[K, V]{group: g, kept: map[K]*entry[K, V]{}, failed: map[K]failure{}, urgent: map[K]int{}}
	// Measured: 2 KiB of stack suffice for a load with nothing around it.
	deep := config.lifespan() > 0 || config.LoadTimeout > 0 || config.AbandonAfter > 0
	s.flights, _ = flight.New[K](flight.Config[*answer[V]]{MaxWaiters: config.MaxWaiters, DeepLoads: deep}) // was validated
	return s
}

// look returns what is kept for key. The timer that drops it may be late, so the
// clock decides.
func (s *shard[K, V]) look(key K) (*entry[K, V], time.Duration, freshness) {
	config := &s.group.config
	if config.lifespan() == 0 {
		return nil, 0, gone
	}
	s.mu.RLock()
	e := s.kept[key]
	s.mu.RUnlock()
	if e == nil {
		return nil, 0, gone
	}
	age := max(0, s.group.clock()-e.at)
	how := judge(age, config)
	if how != gone && !e.used.Load() {
		e.used.Store(true)
	}
	return e, age, how
}

func judge[K comparable, V any](age time.Duration, config *Config[K, V]) freshness {
	switch {
	case age < config.Reuse:
		return fresh
	case age < config.Reuse+config.Stale:
		return stale
	case age < config.Reuse+config.StaleIfError:
		return expired
	}
	return gone
}

// recent returns an error that is to be handed out again, nil if there is none.
func (s *shard[K, V]) recent(key K) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if f, ok := s.failed[key]; ok && time.Now().Before(f.until) {
		return f.err
	}
	return nil
}

// forget drops what is kept for key, and what its load will return.
func (s *shard[K, V]) forget(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.loadsOf(key) {
		l.forgotten = true
	}
	delete(s.failed, key)
	s.dropLocked(s.kept[key])
}

// loadsOf returns the loads of one key. The caller holds shard.mu.
func (s *shard[K, V]) loadsOf(key K) iter.Seq[*load[K, V]] {
	return func(yield func(*load[K, V]) bool) {
		for l := s.loads; l != nil; l = l.after {
			if l.key == key && !yield(l) {
				return
			}
		}
	}
}

// wantsLocked reports whether what l returns may be kept: not if it was forgotten or
// given up, or if everybody has left, so that the next caller begins another load.
func (s *shard[K, V]) wantsLocked(l *load[K, V]) bool {
	return !l.forgotten && !s.closed && l.flight.Err() == nil
}

// expire drops the value of a load when its time is over. The timer knows it by
// number: a stopped timer may stay in the runtime's heap for a while and must not hold
// the value there.
func (s *shard[K, V]) expire(key K, load uint64) *time.Timer {
	return time.AfterFunc(s.group.config.lifespan(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e := s.kept[key]; e != nil && e.load == load {
			s.dropLocked(e)
		}
	})
}

func (s *shard[K, V]) dropLocked(e *entry[K, V]) {
	if e != nil && s.removeLocked(e) {
		s.group.store.unlink(e)
	}
}

// removeLocked reports false if e is not there any more.
func (s *shard[K, V]) removeLocked(e *entry[K, V]) bool {
	if s.kept[e.key] != e {
		return false
	}
	delete(s.kept, e.key)
	s.kept = flight.Shrink(s.kept, &s.most)
	return true
}

// keepError remembers what a load returned. Where there are too many, any other
// one is forgotten.
func (s *shard[K, V]) keepError(l *load[K, V], err error, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.wantsLocked(l) {
		return
	}
	for key := range s.failed {
		if len(s.failed) < maxFailed {
			break
		}
		delete(s.failed, key)
	}
	s.failed[l.key] = failure{err, time.Now().Add(d)}
}
