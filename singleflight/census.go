package singleflight

import "time"

// census counts the loads that have not ended.
type census struct {
	loading, queued, hung int
	oldest                time.Duration // of all
	oldestLoading         time.Duration
	oldestQueued          time.Duration
	oldestHung            time.Duration
}

func (c *census) any() bool { return c.loading+c.queued+c.hung > 0 }

func (g *Group[K, V]) census() census {
	var c census
	now := g.clock()
	for _, s := range g.shards {
		s.countLoads(&c, now)
	}
	c.oldest = max(c.oldestLoading, c.oldestQueued, c.oldestHung)
	return c
}

func (s *shard[K, V]) countLoads(c *census, now time.Duration) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for l := s.loads; l != nil; l = l.after {
		age := max(0, now-l.born)
		switch {
		case l.hung:
			c.hung++
			c.oldestHung = max(c.oldestHung, age)
		case !l.runs.Load():
			c.queued++
			c.oldestQueued = max(c.oldestQueued, age)
		default:
			c.loading++
			c.oldestLoading = max(c.oldestLoading, age)
		}
	}
}
