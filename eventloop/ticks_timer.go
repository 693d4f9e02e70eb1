package eventloop

import (
	"os"
	"runtime"
	"sync"
	"time"
)

// timerTicks ticks by a timer of the runtime, with absolute deadlines.
type timerTicks struct {
	since        func() time.Duration
	timer        *time.Timer
	next, period time.Duration

	once sync.Once
	done chan struct{}
}

func newTimerTicks(since func() time.Duration) *timerTicks {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &timerTicks{since: since, timer: timer, done: make(chan struct{})}
}

// arm implements [source].
func (t *timerTicks) arm(first, period time.Duration) error {
	t.next, t.period = first, period
	return nil
}

// wait implements [source]. A timer puts the goroutine in front of the run queue;
// Gosched puts it at the end of the global one, where it waits as others do.
func (t *timerTicks) wait() (uint64, error) {
	t.timer.Reset(t.next - t.since())
	select {
	case <-t.done:
		t.timer.Stop()
		return 0, os.ErrClosed
	case <-t.timer.C:
	}
	runtime.Gosched()
	passed := max(0, t.since()-t.next)/t.period + 1
	t.next += passed * t.period
	return uint64(passed), nil
}

// close implements [source].
func (t *timerTicks) close() { t.once.Do(func() { close(t.done) }) }
