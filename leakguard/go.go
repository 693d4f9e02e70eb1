package leakguard

import (
	"context"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxNames is how many names of goroutines there are at most: the first ones, and
// "(other)" for all that come later.
const MaxNames = 1024

const otherName = "(other)"

// LabelKey is the key of the pprof label with the name given to [Go].
const LabelKey = "leakguard"

// Named is what is known of the goroutines that were started with one name.
type Named struct {
	// Name is the name given to Go.
	Name string
	// Live is how many are running now.
	Live int64
	// Created is how many were ever started.
	Created uint64
	// Oldest is when the oldest that is running was started, the zero time if
	// none is.
	Oldest time.Time
}

// Go starts fn in a goroutine that is counted under a name, until fn returns,
// panics or calls runtime.Goexit: a panic in fn ends the program, as it does
// after a plain go statement. The goroutine, and those that it starts, have the
// pprof label leakguard=name, besides the labels of ctx; fn gets ctx with it.
//
// The name is a constant of the program, never taken from traffic.
//
// The bookkeeping takes the same time however many goroutines there are; those
// of one name take turns for some ten nanoseconds. [Live] shows the counts.
func Go(ctx context.Context, name string, fn func(context.Context)) {
	kind := kinds.named(name)
	ctx = pprof.WithLabels(ctx, pprof.Labels(LabelKey, kind.name)) // panics if ctx is nil
	m := &member{kind: kind, began: time.Now()}
	kind.enter(m)
	go run(ctx, m, fn)
}

// run is the root frame of goroutines that Go started. The detector of sites
// takes fn for the root in its place.
func run(ctx context.Context, m *member, fn func(context.Context)) {
	defer m.kind.leave(m)
	pprof.SetGoroutineLabels(ctx)
	fn(ctx)
}

// Live lists the goroutines that were started with [Go], by name. It takes no
// look at the goroutines themselves.
func Live() []Named {
	all := kinds.all()
	named := make([]Named, len(all))
	for i, k := range all {
		named[i] = k.snapshot()
	}
	slices.SortFunc(named, func(a, b Named) int { return strings.Compare(a.Name, b.Name) })
	return named
}

// kinds are counted for the process, as goroutines are.
var kinds registry

// registry holds at most MaxNames kinds, for ever.
type registry struct {
	byName sync.Map // of *kind
	mu     sync.Mutex
	n      int
}

func (r *registry) named(name string) *kind {
	if k, ok := r.byName.Load(name); ok {
		return k.(*kind)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n >= MaxNames-1 {
		name = otherName
	}
	name = strings.Clone(name) // it may be a part of something large
	k, known := r.byName.LoadOrStore(name, &kind{name: name})
	if !known {
		r.n++
	}
	return k.(*kind)
}

func (r *registry) all() (all []*kind) {
	r.byName.Range(func(_, k any) bool {
		all = append(all, k.(*kind))
		return true
	})
	return all
}

// kind is all goroutines of one name. They are linked from the oldest to the
// newest, so that the oldest is known whichever ends.
type kind struct {
	name string

	mu             sync.Mutex // guards what follows: the figures of a Named fit each other
	live           int64
	created        uint64
	oldest, newest *member
}

// member is one goroutine.
type member struct {
	kind         *kind
	began        time.Time
	older, newer *member
}

func (k *kind) enter(m *member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.live++
	k.created++
	m.older = k.newest
	if m.older == nil {
		k.oldest = m
	} else {
		m.older.newer = m
	}
	k.newest = m
}

func (k *kind) leave(m *member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.live--
	if m.older == nil {
		k.oldest = m.newer
	} else {
		m.older.newer = m.newer
	}
	if m.newer == nil {
		k.newest = m.older
	} else {
		m.newer.older = m.older
	}
	m.older, m.newer = nil, nil
}

func (k *kind) snapshot() Named {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := Named{Name: k.name, Live: k.live, Created: k.created}
	if k.oldest != nil {
		n.Oldest = k.oldest.began
	}
	return n
}
