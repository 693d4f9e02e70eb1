package singleflight

import (
	"context"
	"runtime/pprof"
	"slices"
	"strconv"
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

// tag is the pprof label by which the goroutine of a load is found, and the context
// that carries it. It goes from load to load, as making one takes longer than most
// else.
type tag struct {
	context.Context
	name string
}

// maxTags bounds the tags that a shard keeps for loads to come.
const maxTags = 64

// takeTag returns a tag that no other load has. The caller holds shard.mu.
func (s *shard[K, V]) takeTag(id uint64) *tag {
	if last := len(s.tags) - 1; last >= 0 {
		t := s.tags[last]
		s.tags = s.tags[:last]
		return t
	}
	name := s.group.config.label(id)
	return &tag{pprof.WithLabels(context.Background(), pprof.Labels(labelKey, name)), name}
}

// giveTagBack takes a tag back. The caller holds shard.mu, in a frame that has to be
// small: see newShard.
//
//go:noinline
func (s *shard[K, V]) giveTagBack(t *tag) {
	if len(s.tags) < maxTags {
		s.tags = append(s.tags, t)
	}
}

// label names the load in profiles.
func (l *load[K, V]) label() string {
	if l.tag != nil {
		return l.tag.name
	}
	return l.group.config.label(l.id)
}

func (c *Config[K, V]) label(id uint64) string { return c.Name + "/" + strconv.FormatUint(id, 10) }
