package watch

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/loop"
)

// unanswered is how long a first reading may take, and how old the latest may be.
const unanswered = 10 * time.Second

// reading is the loop of a part that reads what somebody else counts. It says so where
// nothing was read, or not lately.
type reading struct {
	part, name string // "watch.Pool", "db"
	every      time.Duration
	loop       loop.Loop
	started    atomic.Pointer[time.Time]
}

func (r *reading) start(ctx context.Context, step func(context.Context)) error {
	name, now := r.part, time.Now()
	if r.name != "" {
		name += " " + r.name
	}
	err := r.loop.Start(ctx, loop.Config{Name: name, Every: r.every, Wake: atOnce(), Step: step})
	if err == nil {
		r.started.Store(&now)
	}
	return err
}

// atOnce makes the first step of a loop come at its start.
func atOnce() <-chan struct{} {
	now := make(chan struct{}, 1)
	now <- struct{}{}
	return now
}

// isFresh reports whether what was read at a moment, zero for never, still holds.
func (r *reading) isFresh(at time.Time) bool {
	return !at.IsZero() && time.Since(at) <= max(unanswered, 6*r.every)
}

// silent returns the finding where nothing that still holds was read, and else none.
func (r *reading) silent(signal, what string, at time.Time) []finding.Finding {
	if r.isFresh(at) {
		return nil
	}
	f := finding.Finding{Signal: signal, State: finding.Unknown, Since: at, Summary: "Nothing is known about " + what + ": it was not read yet."}
	if !at.IsZero() {
		f.Summary = "Nothing is known about " + what + ": it was last read " + ago(time.Now(), at) + " ago."
	}
	switch fault, started := r.loop.Faults(), r.started.Load(); {
	case fault.Count > 0:
		f.Advice = "Repair its function: " + firstLine(fault.Last) + "."
	case started == nil:
		f.Advice = "Call Start of " + r.part + "."
	case at.IsZero() && time.Since(*started) < unanswered:
		f.State, f.Advice = finding.TooEarly, "Wait for the first reading of "+r.part+"."
	default:
		f.Advice = "Look whether " + r.part + " was closed, or its function hangs: a lock that is never released?"
	}
	return []finding.Finding{f}
}
