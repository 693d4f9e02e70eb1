package stalltrace

import (
	"strings"

	"golang.org/x/exp/trace"
)

const (
	// longRun is two quanta of the scheduler: what runs longer could not be
	// preempted (forcePreemptNS in GOROOT/src/runtime/proc.go).
	longRun = 20_000_000
	// maxGoroutines bounds those that are followed; beyond it, new ones are not.
	maxGoroutines = 1 << 17
)

// goroutine is what is known about one that lives.
type goroutine struct {
	state  trace.GoState
	since  trace.Time // in that state, or since what it does was noted last
	began  trace.Time // to run
	root   int32      // the site to blame where nothing better is known
	kind   kind       // of its runs
	system bool       // of the runtime: it does not matter when it waits
	helper int32      // the site that makes it help the collector, while kind is assist
}

// record is what is kept of a trace.
type record struct {
	sites      sites
	goroutines map[trace.GoID]*goroutine
	processors int // GOMAXPROCS, the largest, if the trace says so

	spans ring[span] // all but stops, and waits that are too short for a stall
	runs  ring[span] // of one goroutine without a break, those that are long
	stops ring[stop]
	open  map[trace.GoID]stop // those that go on

	from, to trace.Time
	empty    bool // but for marks of where it begins and ends
}

func newRecord() *record {
	return &record{
		sites: newSites(), goroutines: map[trace.GoID]*goroutine{},
		spans: ring[span]{most: maxSpans}, runs: ring[span]{most: maxRuns}, stops: ring[stop]{most: maxStops},
		open: map[trace.GoID]stop{}, empty: true,
	}
}

// add takes in the next event.
func (r *record) add(e trace.Event) {
	if r.from == 0 {
		r.from = e.Time()
	}
	r.to = max(r.to, e.Time())
	r.empty = r.empty && e.Kind() == trace.EventSync
	switch e.Kind() {
	case trace.EventSync:
		r.sites.forget()
	case trace.EventStateTransition:
		r.transition(e)
	case trace.EventRangeBegin, trace.EventRangeActive, trace.EventRangeEnd:
		r.inRange(e)
	case trace.EventStackSample:
		r.sample(e)
	case trace.EventLabel:
		r.label(e)
	case trace.EventMetric:
		if m := e.Metric(); m.Name == "/sched/gomaxprocs:threads" && m.Value.Kind() == trace.ValueUint64 {
			r.processors = max(r.processors, int(min(m.Value.Uint64(), 1<<16)))
		}
	}
}

// transition follows the states of goroutines. One that a generation of the trace repeats
// as it begins is none.
func (r *record) transition(e trace.Event) {
	t := e.StateTransition()
	if t.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	id := t.Resource.Goroutine()
	from, to := t.Goroutine()
	if from == to {
		return
	}
	g := r.goroutines[id]
	if g == nil {
		if len(r.goroutines) == maxGoroutines || to == trace.GoNotExist {
			return
		}
		g = &goroutine{state: from, since: e.Time()}
		r.goroutines[id] = g
	}
	if from == trace.GoNotExist || from == trace.GoUndetermined {
		r.began(g, t.Stack, e.Stack())
	}
	r.leave(g, id, e.Time(), t)
	if g.state != trace.GoRunning && to == trace.GoRunning {
		g.began = e.Time()
	}
	g.state, g.since = to, e.Time()
	if from == trace.GoUndetermined {
		g.since = r.from
	}
	if to == trace.GoNotExist {
		delete(r.goroutines, id)
	}
}

// began notes what a goroutine began with. Where that is in the standard library,
// as for sync.WaitGroup.Go, whoever started it is to blame.
func (r *record) began(g *goroutine, stack, creator trace.Stack) {
	g.root = r.sites.of(stack, 0)
	g.kind = r.sites.rootKind(stack)
	g.system = g.kind != running
	if by := r.sites.of(creator, 0); r.sites.isStandard(g.root) && !r.sites.isStandard(by) {
		g.root = by
	}
}

// leave notes the time that a goroutine spent in the state that it leaves.
func (r *record) leave(g *goroutine, id trace.GoID, now trace.Time, t trace.StateTransition) {
	switch g.state {
	case trace.GoRunnable:
		if !g.system && now-g.since >= shortest {
			r.spans.add(span{g.since, now, g.root, waiting, id})
		}
	case trace.GoRunning:
		long := now-g.began >= longRun && g.kind == running
		r.ran(g, id, now, r.sites.of(t.Stack, ahead(t, long)))
		if long {
			r.runs.add(span{g.began, now, unknown, running, id})
		}
	}
}

// preempted is why a goroutine stops that had its quantum.
const preempted = "preempted"

// ahead returns how many innermost functions of the stack had not begun to work. A
// goroutine that could not be preempted stops where the next function is entered;
// one that a signal stops has runtime.asyncPreempt on its stack.
func ahead(t trace.StateTransition, long bool) int {
	if !long || t.Reason != preempted {
		return 0
	}
	for frame := range t.Stack.Frames() {
		if inRuntime(frame.Func) {
			return 0
		}
		break
	}
	return 1
}

// ran notes that a goroutine ran until now, and where.
func (r *record) ran(g *goroutine, id trace.GoID, now trace.Time, at int32) {
	switch {
	case g.kind == idle:
		return
	case g.kind == assist:
		at = g.helper
	case at == unknown || r.sites.isStandard(at) && !r.sites.isStandard(g.root):
		at = g.root
	}
	if now > g.since {
		r.spans.add(span{g.since, now, at, g.kind, id})
	}
}

// sample takes in a sample of the CPU profiler, where one runs: it tells better than
// the end of a run what ran.
func (r *record) sample(e trace.Event) {
	if g := r.goroutines[e.Goroutine()]; g != nil && g.state == trace.GoRunning {
		r.ran(g, e.Goroutine(), e.Time(), r.sites.of(e.Stack(), 0))
		g.since = e.Time()
	}
}

// label tells a worker of the garbage collector by its kind.
func (r *record) label(e trace.Event) {
	l := e.Label()
	if l.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	if g := r.goroutines[l.Resource.Goroutine()]; g != nil && strings.HasPrefix(l.Label, "GC ") {
		g.kind, g.system = marking, true
	}
}

// finish closes what goes on when the trace ends.
func (r *record) finish() {
	for id, g := range r.goroutines {
		r.leave(g, id, r.to, trace.StateTransition{})
	}
	for _, s := range r.open {
		r.stopped(s, r.to)
	}
}
