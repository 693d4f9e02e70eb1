package gate

import (
	"slices"
	"sync"
	"time"
)

const (
	// maxKept and maxKeptPages bound what is kept for reuse.
	maxKept      = 2 * MaxBody
	maxKeptPages = 64
)

// shelf keeps account of the pages that are kept for reuse.
type shelf struct {
	mu   sync.Mutex
	kept []keptPage
}

type keptPage struct {
	until time.Time
	bytes int
}

// keepFor returns how long x is kept: as long as its page says, or not at all
// where there is no room.
func (s *shelf) keepFor(x *rendering) time.Duration {
	if x.stream.crossed {
		return 0
	}
	return s.keep(x.stream.held, x.stream.page.reuse())
}

func (s *shelf) keep(bytes int, reuse time.Duration) time.Duration {
	if reuse <= 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.kept = slices.DeleteFunc(s.kept, func(k keptPage) bool { return !now.Before(k.until) })
	total := bytes
	for _, k := range s.kept {
		total += k.bytes
	}
	if total > maxKept || len(s.kept) >= maxKeptPages {
		return 0
	}
	s.kept = append(s.kept, keptPage{until: now.Add(reuse), bytes: bytes})
	return reuse
}
