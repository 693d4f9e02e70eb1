package singleflight

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// stackEvery is the least time between two profiles for stacks.
	stackEvery = time.Minute
	// maxReports bounds the reports that wait while one is made.
	maxReports = 16
)

// Hung is a load that was given up after [Config.AbandonAfter].
type Hung[K comparable] struct {
	// Group is the name of the group.
	Group string
	// Key is what was to be loaded.
	Key K
	// Age is how long it had run.
	Age time.Duration
	// Stack is where it was, the innermost call first, each as "function
	// file:line"; nil if it had ended by then, and if a profile was taken less
	// than a minute ago.
	Stack []string
	// Label is the value of the pprof label "singleflight" of its goroutine:
	// go tool pprof -tagfocus finds it in a goroutine profile. A later load may have
	// the same when this one has returned.
	Label string
}

// reporter tells of hung loads, one at a time, on the goroutine of the timer that
// found the first.
type reporter[K comparable, V any] struct {
	mu       sync.Mutex
	waiting  []Hung[K]
	busy     chan struct{}      // closed when the reports are made, nil while there are none
	cancel   context.CancelFunc // of the context of the reports
	dropped  uint64
	profiled time.Time
	latest   frame // where a load hung when one was last seen
}

// task is for whoever has to tell: what OnHung gets, and what is closed at the end.
type task struct {
	ctx  context.Context
	busy chan struct{} // nil if somebody else tells
}

// enqueue has h told soon: by whoever tells already, or by the caller.
func (r *reporter[K, V]) enqueue(h Hung[K]) (t task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == maxReports {
		r.dropped++
		return t
	}
	r.waiting = append(r.waiting, h)
	if r.busy == nil {
		r.busy = make(chan struct{})
		t.ctx, r.cancel = context.WithCancel(context.Background())
		t.busy = r.busy
	}
	return t
}

// tell makes the reports until none waits.
func (r *reporter[K, V]) tell(t task, g *Group[K, V]) {
	defer r.abort(t.busy) // OnHung may call runtime.Goexit
	for h, ok := r.next(); ok; h, ok = r.next() {
		r.make(t.ctx, g, h)
	}
}

func (r *reporter[K, V]) next() (h Hung[K], ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		r.stop()
		return h, false
	}
	h = r.waiting[0]
	r.waiting = r.waiting[1:]
	return h, true
}

// abort drops what is still to be told, unless all was by whoever tells until busy
// is closed.
func (r *reporter[K, V]) abort(busy chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy == busy {
		r.dropped += uint64(len(r.waiting))
		r.waiting = nil
		r.stop()
	}
}

// stop ends the telling. The caller holds mu.
func (r *reporter[K, V]) stop() {
	r.cancel()
	close(r.busy)
	r.busy = nil
}

// make tells of one load. Whatever OnHung does, the next report is made.
func (r *reporter[K, V]) make(ctx context.Context, g *Group[K, V], h Hung[K]) {
	frames, dropped := r.look(h.Label)
	for _, f := range frames {
		h.Stack = append(h.Stack, f.String())
	}
	logger := g.config.Logger.With("group", h.Group, "label", h.Label)
	defer func() {
		if value := recover(); value != nil {
			logger.Error("govitals: Config.OnHung panicked", "panic", fmt.Sprint(value))
		}
	}()
	if g.config.OnHung != nil {
		g.config.OnHung(ctx, h)
		return
	}
	logger.Warn("govitals: a load hangs and was given up", "age", h.Age, "stack", h.Stack, "dropped_reports", dropped)
}

// look finds the goroutine of a load, once a minute.
func (r *reporter[K, V]) look(label string) (frames []frame, dropped uint64) {
	dropped, due := r.isDue(time.Now())
	if !due {
		return nil, dropped
	}
	if frames = stackOf(label); len(frames) > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.latest = culprit(frames)
	}
	return frames, dropped
}

func (r *reporter[K, V]) isDue(now time.Time) (dropped uint64, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if due = r.profiled.IsZero() || now.Sub(r.profiled) >= stackEvery; due {
		r.profiled = now
	}
	return r.dropped, due
}

// seen returns where a load hung, and whether one was seen.
func (r *reporter[K, V]) seen() (frame, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.latest, r.latest != frame{}
}

// wait returns when no report is being made, or with an error.
func (r *reporter[K, V]) wait(group string, patience <-chan time.Time) error {
	r.mu.Lock()
	busy, cancel := r.busy, r.cancel
	r.mu.Unlock()
	if busy == nil {
		return nil
	}
	cancel()
	select {
	case <-busy:
		return nil
	case <-patience:
		return fmt.Errorf("singleflight: Config.OnHung of group %q still runs after Close: it ignores the end of its context", group)
	}
}
