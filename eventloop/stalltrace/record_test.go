package stalltrace

import (
	"testing"
	"time"

	"golang.org/x/exp/trace"
)

// at is a time in milliseconds.
func at(ms int64) trace.Time { return trace.Time(1 + ms*int64(time.Millisecond)) }

// change is a goroutine that goes from one state to another.
type change struct {
	ms       int64
	g        trace.GoID
	from, to trace.GoState
}

// taken returns the record of a trace of two processors.
func taken(t *testing.T, changes ...change) *record {
	t.Helper()
	r := newRecord()
	r.processors = 2
	for _, c := range changes {
		event, err := trace.MakeEvent(trace.EventConfig[trace.StateTransition]{
			Time: at(c.ms), Kind: trace.EventStateTransition, Details: trace.MakeGoStateTransition(c.g, c.from, c.to),
		})
		if err != nil {
			t.Fatal(err)
		}
		r.add(event)
	}
	return r
}

// Each generation of a trace, of a second, says again what the goroutines do.
func TestAGenerationThatBeginsEndsNothing(t *testing.T) {
	const run, ready, none = trace.GoRunning, trace.GoRunnable, trace.GoUndetermined
	r := taken(t, change{0, 1, none, run}, change{60, 1, run, run}, change{100, 1, run, ready})
	if held := r.held(); held.length() != 0 {
		t.Errorf("one goroutine runs, and both processors are held for %v", time.Duration(held.length()))
	}
	r = taken(t, change{0, 1, none, run}, change{0, 2, none, ready}, change{150, 2, ready, ready}, change{400, 2, ready, run})
	if waited := r.longest(); waited.from != at(0) || waited.to != at(400) {
		t.Errorf("a goroutine waits for 400ms, the stall is %v from %v on", time.Duration(waited.length()), time.Duration(waited.from))
	}
}

// What a goroutine did before it was followed is not known.
func TestAGoroutineThatIsFollowedLateHasNoPast(t *testing.T) {
	r := taken(t, change{0, 1, trace.GoUndetermined, trace.GoRunning}, change{400, 2, trace.GoRunnable, trace.GoRunning})
	if waited := r.longest(); waited.length() != 0 {
		t.Errorf("it is said to have waited for %v", time.Duration(waited.length()))
	}
}
