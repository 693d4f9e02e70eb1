package cardinality

import (
	"log/slog"
	"sync"
)

// teller tells of trips: the user's function is called on a goroutine that lasts
// as long as there is something to tell, and the log is written there too. At most
// one trip waits for each label, because each label trips once.
type teller struct {
	call func(Trip)
	log  *slog.Logger

	mu      sync.Mutex
	waiting []Trip
	running bool
	dropped uint64
	faults  uint64
}

// maxWaiting bounds the trips that wait: labels trip again after Reset.
const maxWaiting = maxLabels

func (t *teller) tell(trip Trip) {
	if t.call == nil && t.log == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) >= maxWaiting {
		t.dropped++
		return
	}
	t.waiting = append(t.waiting, trip)
	if !t.running {
		t.running = true
		go t.run()
	}
}

// run tells what waits and ends.
func (t *teller) run() {
	for {
		t.mu.Lock()
		if len(t.waiting) == 0 {
			t.running, t.waiting = false, nil
			t.mu.Unlock()
			return
		}
		trip := t.waiting[0]
		t.waiting = t.waiting[1:]
		t.mu.Unlock()
		t.one(trip)
	}
}

// one tells of one trip. User code may panic, or end the goroutine: then the next
// trip gets a new one.
func (t *teller) one(trip Trip) {
	returned := false
	defer func() {
		if returned {
			return
		}
		panicked := recover() != nil
		t.mu.Lock()
		defer t.mu.Unlock()
		t.faults++
		if !panicked { // runtime.Goexit
			go t.run()
		}
	}()
	if t.log != nil {
		t.log.Warn("label exploded", "metric", trip.Metric, "label", trip.Label, "limit", trip.Limit,
			"sets", trip.Sets, "distinct", trip.Distinct, "shape", string(trip.Shape), "template", trip.Template,
			"samples", trip.Samples[:min(3, len(trip.Samples))], "stack", trip.Stack)
	}
	if t.call != nil {
		t.call(trip)
	}
	returned = true
}

// counts returns how many trips were not told, and how many calls did not return.
func (t *teller) counts() (dropped, faults uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dropped, t.faults
}
