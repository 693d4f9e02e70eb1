package budgets

import "sync/atomic"

// Audit counts what happened, in a goroutine that nothing can end: the leak that
// the tests of this example know and tolerate.
type Audit struct {
	events chan string
	count  atomic.Int64
}

// StartAudit starts an Audit.
func StartAudit() *Audit {
	a := &Audit{events: make(chan string)}
	go func() {
		for range a.events {
			a.count.Add(1)
		}
	}()
	return a
}

// Log counts an event.
func (a *Audit) Log(event string) { a.events <- event }

// Count returns how many events were counted.
func (a *Audit) Count() int64 { return a.count.Load() }
