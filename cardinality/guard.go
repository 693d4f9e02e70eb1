package cardinality

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Guard is what a vec knows without its T: its limits, its figures, its trips. It
// is a metric.Source and a finding.Source.
type Guard struct {
	// Read by each lookup, seldom written.
	hash   hasher
	maxLen int // of a value
	epoch  atomic.Uint32
	labels []*label

	// Read by lookups that miss.
	config   *settings
	state    atomic.Pointer[state]
	sampling atomic.Uint64                              // which misses are sampled: see sampled
	granted  [128]atomic.Uint64                         // hashes of sets that were promised a place that is free now
	tick     func()                                     // does what is due
	each     func(func(values []string, masked uint64)) // visits all sets under the mutex

	_          [64]byte
	overflowed [8]shard
	misused    atomic.Uint64
	demoted    atomic.Uint64
	promoted   atomic.Uint64

	mu       sync.Mutex
	group    *Group // whose budget the sets count in, nil = none
	plain    uint64 // labels whose values are taken as they are
	sets     int    // without those of shared and the one in which all labels show the marker
	bytes    int64  // what all hold
	reserved int    // places for sets that were promised one
	shared   shared
	sketch   *sketch
	wanted   []candidate
	pace     pace
	news     news
	teller   teller
}

// state is what lookups that miss go by.
type state struct {
	closed uint64      // labels that tripped and admit no further value
	shared sharedState // where values without a set of their own go
	plain  bool        // all labels that may show the marker take values as they are
	quick  int         // how many values a lookup has that spill may see to, 0 = none
}

// shard is a counter on a cache line of its own.
type shard struct {
	n atomic.Uint64
	_ [56]byte
}

func (g *Guard) init(names []string, s *settings) {
	g.hash, g.config, g.maxLen = newHasher(), s, s.maxValueLen
	g.labels = newLabels(names, s)
	for i, l := range g.labels {
		g.opened(i, l)
	}
	g.epoch.Store(1)
	g.state.Store(&state{})
	g.pace.start(time.Now())
	g.sampling.Store(sampleAll)
	g.teller.call, g.teller.log = s.onTrip, s.logger
	if s.name == "" {
		s.name = strings.Join(names, ",")
	}
}

// Name returns what the option [Name] gave, or the label names.
func (g *Guard) Name() string { return g.config.name }

// Labels returns the names of the labels.
func (g *Guard) Labels() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var names []string
	for _, l := range g.named() {
		names = append(names, l.name)
	}
	return names
}

// Leave takes the guard out of the group that it is [In]: its vec is no longer used, as
// one that was unregistered. The group no longer reports on it, and gets back its part of
// the budget.
func (g *Guard) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.group == nil {
		return
	}
	g.group.drop(g)
	g.group.give(g.bytes)
	g.group = nil
}

// all is the mask of all labels.
func (g *Guard) all() uint64 { return 1<<len(g.labels) - 1 }

// size estimates what a set holds in which the labels of the mask show the marker.
func (g *Guard) size(values []string, masked uint64) int64 {
	const entrySize = 192 // an entry and its share of the table
	n := g.config.bytesPerSet + entrySize
	for i, v := range values {
		if masked>>i&1 == 0 {
			n += int64(len(v))
		}
	}
	return n
}

// room returns which limit forbids one more set, "" if none does. What is reserved
// is for those who were promised a place.
func (g *Guard) room(size int64, promised bool) (limit string) {
	sets, bytes := g.sets, g.bytes
	if !promised {
		sets += g.reserved
		bytes += int64(g.reserved) * size
	}
	switch {
	case sets >= g.config.maxSets:
		return "MaxSets"
	case bytes+size > g.config.maxBytes:
		return "MaxBytes"
	case !g.group.take(size):
		return "GroupConfig.MaxBytes"
	}
	return ""
}

// count notes a set that was made; its bytes were taken from the group before.
// forget notes one that is gone. extra says that it is one of shared.
func (g *Guard) count(size int64, extra bool) {
	g.bytes += size
	g.news.admitted++
	if extra {
		g.shared.sets++
	} else {
		g.sets++
	}
}

func (g *Guard) forget(size int64, extra bool) {
	g.bytes -= size
	g.group.give(size)
	if extra {
		g.shared.sets--
	} else {
		g.sets--
	}
}

// publish tells lookups that miss what they may do by themselves.
func (g *Guard) publish(full bool) {
	next := state{shared: g.sharedState(full)}
	for i, l := range g.labels {
		if l.trip != nil && !l.open(false) && !g.config.dryRun {
			next.closed |= 1 << i
		}
	}
	next.plain = (next.closed|g.shared.masked())&^g.plain == 0
	if refuses := next.closed != 0 || next.shared.n > 1; refuses && next.plain && len(g.labels) <= inlined && g.config.openLabels == 0 {
		next.quick = len(g.labels)
	}
	if *g.state.Load() != next {
		changed := next // only now one is allocated
		g.state.Store(&changed)
	}
}

// isFull reports whether the sets are as many as may be admitted.
func (g *Guard) isFull() bool {
	least := g.size(nil, 0)
	return !g.config.dryRun && (g.sets+g.reserved >= g.config.maxSets ||
		g.bytes+int64(g.reserved+1)*least > g.config.maxBytes || g.group.isFull(least))
}
