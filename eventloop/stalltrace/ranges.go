package stalltrace

import (
	"strings"

	"golang.org/x/exp/trace"
)

// stop is a stop of the world.
type stop struct {
	span
	name string
}

const (
	stopPrefix = "stop-the-world"
	assistName = "GC mark assist"
)

// inRange follows stops of the world and help for the garbage collector.
func (r *record) inRange(e trace.Event) {
	about := e.Range()
	begins := e.Kind() != trace.EventRangeEnd
	switch {
	case strings.HasPrefix(about.Name, stopPrefix):
		r.stop(e, about, begins)
	case about.Name == assistName && about.Scope.Kind == trace.ResourceGoroutine:
		r.assist(e, about.Scope.Goroutine(), begins)
	}
}

func (r *record) stop(e trace.Event, about trace.Range, begins bool) {
	id := e.Goroutine()
	if about.Scope.Kind == trace.ResourceGoroutine {
		id = about.Scope.Goroutine()
	}
	if begins {
		if len(r.open) < maxGoroutines {
			r.open[id] = stop{span{from: e.Time(), site: r.sites.of(e.Stack(), 0), g: id}, about.Name}
		}
		return
	}
	if s, known := r.open[id]; known {
		delete(r.open, id)
		r.stopped(s, e.Time())
	}
}

// stopped notes a stop of the world that is over.
func (r *record) stopped(s stop, now trace.Time) {
	if s.to = now; s.to > s.from {
		r.stops.add(s)
	}
}

// assist tells the time in which a goroutine helps the collector from the rest.
func (r *record) assist(e trace.Event, id trace.GoID, begins bool) {
	g := r.goroutines[id]
	if g == nil || g.system || begins == (g.kind == assist) {
		return
	}
	helper := r.sites.of(e.Stack(), 0)
	if g.state == trace.GoRunning {
		r.ran(g, id, e.Time(), helper)
		g.since = e.Time()
	}
	g.kind, g.helper = running, helper
	if begins {
		g.kind = assist
	}
}
