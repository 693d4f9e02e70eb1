package httpflight

import (
	"hash/maphash"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxMarks bounds how many addresses are remembered, with a few names each.
const maxMarks = 4096

// marks remember what the latest answer for an address said: that it cannot be
// shared, or which request headers it varies on. Addresses are kept as hashes:
// two that collide run alone, or look at more headers than they need.
type marks struct {
	seed maphash.Seed
	life time.Duration
	mu   sync.Mutex
	of   map[uint64]mark
}

type mark struct {
	until time.Time
	alone bool
	vary  []string
}

func (m *marks) hash(k flightKey) uint64 {
	k.vary = ""
	return maphash.Comparable(m.seed, k)
}

// get returns the mark of an address, the zero value if there is none.
func (m *marks) get(k flightKey) mark {
	hash := m.hash(k)
	m.mu.Lock()
	defer m.mu.Unlock()
	if found := m.of[hash]; time.Now().Before(found.until) {
		return found
	}
	delete(m.of, hash)
	return mark{}
}

// note takes down what an answer said.
func (m *marks) note(k flightKey, v ruling) {
	hash := m.hash(k)
	m.mu.Lock()
	defer m.mu.Unlock()
	if v.share && len(v.vary) == 0 {
		delete(m.of, hash)
		return
	}
	now := time.Now()
	if len(m.of) >= maxMarks {
		m.makeRoom(now)
	}
	m.of[hash] = mark{until: now.Add(m.life), alone: !v.share && len(v.vary) == 0, vary: v.vary}
}

// makeRoom drops what is over, or else any one: forgetting costs a wait.
func (m *marks) makeRoom(now time.Time) {
	for hash, found := range m.of {
		if !now.Before(found.until) {
			delete(m.of, hash)
		}
	}
	for hash := range m.of {
		if len(m.of) < maxMarks {
			return
		}
		delete(m.of, hash)
	}
}

// matches reports whether an answer may be given to a request with these
// headers, as far as Vary goes (RFC 9111, 4.1).
func (hd *head) matches(h http.Header) bool {
	for _, name := range hd.vary {
		if !slices.Equal(h.Values(name), hd.asked.Values(name)) {
			return false
		}
	}
	return true
}
