package httpflight

import (
	"iter"
	"sync"
	"time"
)

// retryAfter is how long an answer stands in without another try, after a load
// that failed: an origin that is down is asked once in a while and not by everyone.
const retryAfter = time.Second

// shelf holds the answers that are kept, the latest of each address: while they
// are fresh, which is when the flight hands them out, and after that for as long
// as they may be handed out as stale. Its bound is that of Handler.kept. Locks
// are taken in the order shelf, stream.
type shelf struct {
	mu     sync.Mutex
	of     map[string]map[flightKey]*keptAnswer // by address
	kept   int                                  // of them
	pinned map[flightKey]int                    // answers off the shelf that clients still read
	most   int                                  // of them, Config.MaxGenerations
	closed bool
}

// keptAnswer is a complete answer.
type keptAnswer struct {
	opening *opening
	bytes   int64     // of Handler.kept
	at      time.Time // when it was complete
	stale   staleness
	renewed bool      // the next one is being loaded in the background
	retry   time.Time // not before then after a load that failed
	end     *time.Timer
}

// reuseFor is how long the flight hands x out: what is on the shelf, while it is fresh.
func reuseFor(x *opening) time.Duration { return x.stream.reuse }

// shelve puts a on the shelf, and reports false if it cannot be kept.
func (h *Handler) shelve(a *keptAnswer) bool {
	s := a.opening.stream
	if a.stale.end() <= 0 || !s.enterShelf(a) {
		return false
	}
	if !h.kept.take(a.bytes) && !h.shelf.makeRoom(&h.kept, a.bytes) {
		s.release()
		return false
	}
	if !h.shelf.put(s.key, a) {
		h.kept.give(a.bytes)
		s.release()
		return false
	}
	return true
}

// put keeps an answer, in place of the one before, until release is called.
func (s *shelf) put(key flightKey, a *keptAnswer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || a.opening.stream.outdated.Load() {
		return false
	}
	s.drop(key)
	a.end = time.AfterFunc(a.stale.end(), func() { s.expire(key, a) })
	if s.of[key.address] == nil {
		s.of[key.address] = map[flightKey]*keptAnswer{}
	}
	s.of[key.address][key] = a
	s.kept++
	return true
}

// get returns what is kept for key, nil if nothing is. The caller holds mu.
func (s *shelf) get(key flightKey) *keptAnswer { return s.of[key.address][key] }

// expire drops an answer whose time is over, unless so many clients still read
// older ones that another load would be one too many.
func (s *shelf) expire(key flightKey, a *keptAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.get(key) != a {
		return
	}
	if s.isExtended(key, a) {
		a.end.Reset(retryAfter)
		return
	}
	s.drop(key)
}

// isExtended reports whether a is handed out beyond its time. The caller holds
// mu.
func (s *shelf) isExtended(key flightKey, a *keptAnswer) bool {
	if s.most == 0 || a.stale.never {
		return false
	}
	held := s.pinned[key]
	if a.opening.stream.isRead() {
		held++
	}
	return held >= s.most
}

// remove drops what is kept for key.
func (s *shelf) remove(key flightKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(key)
}

// drop takes an answer off the shelf. The caller holds mu.
func (s *shelf) drop(key flightKey) {
	a := s.get(key)
	if a == nil {
		return
	}
	variants := s.of[key.address]
	if delete(variants, key); len(variants) == 0 {
		delete(s.of, key.address)
	}
	s.kept--
	a.end.Stop()
	stream := a.opening.stream
	stream.handler.kept.give(a.bytes)
	if stream.leaveShelf() {
		s.pinned[key]++
	}
}

// looks bounds how many answers one look for room passes.
const looks = 256

// makeRoom drops answers that are stale until there is room for bytes. It reports
// false if it has found too few.
func (s *shelf) makeRoom(kept *budget, bytes int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, looked := time.Now(), 0
	for key, a := range s.all() {
		if looked++; looked > looks {
			return false
		}
		if now.Sub(a.at) < a.stale.fresh {
			continue
		}
		if s.drop(key); kept.take(bytes) {
			return true
		}
	}
	return false
}

// all yields what is kept, in no order. The caller holds mu, and may drop it.
func (s *shelf) all() iter.Seq2[flightKey, *keptAnswer] {
	return func(yield func(flightKey, *keptAnswer) bool) {
		for _, variants := range s.of {
			for key, a := range variants {
				if !yield(key, a) {
					return
				}
			}
		}
	}
}

// unpin notes that the last client of an answer that had left the shelf is
// through with it.
func (s *shelf) unpin(key flightKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pinned[key]--; s.pinned[key] <= 0 {
		delete(s.pinned, key)
	}
}

// close drops everything, and returns the keys.
func (s *shelf) close() (keys []flightKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for key := range s.all() {
		keys = append(keys, key)
		s.drop(key)
	}
	return keys
}

// removeAll drops all that is kept for an address, and returns the keys.
func (s *shelf) removeAll(address string) (keys []flightKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.of[address] {
		keys = append(keys, key)
		s.drop(key)
	}
	return keys
}

// renew reports whether the caller is to load key anew, and must call settled.
func (s *shelf) renew(key flightKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.get(key)
	if a == nil || a.renewed || time.Now().Before(a.retry) || s.isExtended(key, a) {
		return false
	}
	a.renewed = true
	return true
}

// settled notes that a load for key has ended.
func (s *shelf) settled(key flightKey, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.get(key)
	if a == nil {
		return
	}
	a.renewed = false
	if failed {
		a.retry = time.Now().Add(retryAfter)
	}
}

// generations returns how many answers are alive, kept or read by a client.
func (s *shelf) generations() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, pinned := range s.pinned {
		n += pinned
	}
	return n + s.kept
}

// keptOverhead is what an answer without a body counts for, besides what strangers
// may make long: its address, and what it varies on. So the number of those that are
// kept is bounded, too.
const keptOverhead = 4 << 10

// enterShelf makes the shelf a user of s, if s is complete.
func (s *stream) enterShelf(a *keptAnswer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.bytes = s.reserved + keptOverhead + s.key.size() + sizeOf(s.head.asked)
	if !s.complete || s.fault != nil {
		return false
	}
	s.users++
	return true
}

// leaveShelf is release for the shelf. It reports whether clients still read s,
// which then counts until they are through.
func (s *stream) leaveShelf() (pinned bool) {
	s.mu.Lock()
	s.pinned = len(s.followers) > 0
	pinned = s.pinned
	bytes := s.leaveLocked()
	s.mu.Unlock()
	s.handler.budget.give(bytes)
	return pinned
}

func (s *stream) isRead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.followers) > 0
}
