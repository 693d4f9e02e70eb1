package singleflight

import (
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/internal/exphist"
)

// outcome says how a load has ended.
type outcome uint8

const (
	unknown   outcome = iota
	ok                // with a value
	failed            // with an error
	panicked          // with a panic
	goexit            // with runtime.Goexit
	timeout           // with an error, after Config.LoadTimeout
	abandoned         // with an error, after everybody had left or Close
	hung              // was given up after Config.AbandonAfter
	refused           // did not begin
	outcomes
)

// outcomeNames are the values of the metric's label.
var outcomeNames = [outcomes]string{
	ok: "ok", failed: "error", panicked: "panic", goexit: "goexit", timeout: "timeout", abandoned: "abandoned", hung: "hung",
}

// isFailure reports whether somebody should hear of it. What nobody waits for any
// more may fail.
func (o outcome) isFailure() bool {
	return o == failed || o == panicked || o == goexit || o == timeout
}

// totals is what a group has done so far.
type totals struct {
	loads  [outcomes]atomic.Uint64
	refuse atomic.Int64 // when a caller was last turned away, by Group.clock; 0 is never
	load   exphist.Histogram
	wait   exphist.Histogram
	size   byteCounts
}

func (t *totals) count(result outcome, took time.Duration) {
	t.loads[result].Add(1)
	if result != refused {
		t.load.Record(took, 1)
	}
}
