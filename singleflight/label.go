package singleflight

import (
	"context"
	"runtime/pprof"
	"strconv"
)

// labelKey is the pprof label of goroutines that load.
const labelKey = "singleflight"

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
