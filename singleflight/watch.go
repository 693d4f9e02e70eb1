package singleflight

import (
	"slices"
	"time"
)

// A shard looks for loads that hang with one timer for all of them, which is set while
// there are some: a load that ends in time has nothing to do with it.

// watch has the shard looked at when a load that begins now hangs, unless it will be
// before. The caller holds shard.mu.
func (s *shard[K, V]) watch(now time.Duration) {
	if s.watched == 0 || now >= s.watched {
		s.lookAt(now + s.group.config.AbandonAfter)
	}
}

func (s *shard[K, V]) lookAt(at time.Duration) {
	s.watched = at
	s.watcher = time.AfterFunc(at-s.group.clock(), func() { s.giveUpHung(at) })
}

// giveUpHung gives up what hangs, and then tells of it.
func (s *shard[K, V]) giveUpHung(at time.Duration) {
	var t task
	for _, l := range s.hanging(at) {
		if toTell := l.hang(); toTell.busy != nil {
			t = toTell
		}
	}
	if t.busy != nil {
		s.group.report.tell(t, s.group)
	}
}

// hanging returns the loads that hang, the oldest first, and has the shard looked at
// again if there are others. at is what it was looked at for.
func (s *shard[K, V]) hanging(at time.Duration) (loads []*load[K, V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, limit, next := s.group.clock(), s.group.config.AbandonAfter, time.Duration(0)
	for l := s.loads; l != nil; l = l.after {
		due := now + limit // in the queue: it has not begun
		if l.runs.Load() {
			due = l.start + limit
		}
		switch {
		case l.hung:
		case due <= now:
			loads = append(loads, l)
		case next == 0 || due < next:
			next = due
		}
	}
	if s.watched == at && !s.closed { // else it is looked at anyway
		if s.watched = 0; next != 0 {
			s.lookAt(next)
		}
	}
	slices.Reverse(loads)
	return loads
}

// hang gives a load up that still runs after Config.AbandonAfter.
func (l *load[K, V]) hang() (t task) {
	t, ok := l.shard.giveUp(l)
	if ok {
		l.giveRoomBack()
		l.shard.flights.GiveUp(l.flight, l.key, errGivenUp)
		l.group.totals.loads[hung].Add(1)
		if l.refreshes != nil {
			l.refreshes.Store(false) // the next caller begins another
		}
	}
	return t
}

// giveUp marks a load as hung, unless it has ended. That it is to be told is known
// before the lock is free, so that Close waits for it.
func (s *shard[K, V]) giveUp(l *load[K, V]) (t task, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !l.aboard || s.closed {
		return task{}, false
	}
	l.forgotten, l.hung = true, true
	l.group.hung.Add(1)
	config := &l.group.config
	return l.group.report.enqueue(Hung[K]{Group: config.Name, Key: l.key, Label: l.label(), Age: config.AbandonAfter}), true
}
