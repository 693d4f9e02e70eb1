package eventloop

import (
	"runtime/metrics"
	"slices"
	"time"

	"github.com/govitals/govitals/internal/rtm"
)

// Sched is the runtime's own account of how long goroutines were ready before they
// ran, /sched/latencies: since the process started or, after [Snapshot.Sub], in the
// window. Its buckets are 14 to 25 % wide.
//
// It times one in eight changes of a goroutine's state, and counts a wait when it is
// over. It does not see the process as a whole standing still, and short waits of
// the runtime's own goroutines dilute it. Go 1.26 no longer counts system calls, so
// quantiles differ from those of Go 1.25 (golang/go#79391): do not alert on its
// median or mean.
type Sched struct {
	latencies rtm.Histogram
}

// Count returns how many waits were timed.
func (s Sched) Count() uint64 { return s.latencies.Gained(&none) }

// Quantile returns the upper edge of the bucket in which the q-quantile lies, so it
// is never too low; 1 gives the maximum. It is 0 if no waits were timed.
func (s Sched) Quantile(q float64) time.Duration {
	return time.Duration(s.latencies.Quantile(&none, q) * 1e9)
}

// since returns what was counted after the earlier state.
func (s Sched) since(earlier Sched) Sched {
	gained := rtm.Histogram{Counts: slices.Clone(s.latencies.Counts), Edges: s.latencies.Edges}
	for i := range gained.Counts {
		gained.Counts[i] = s.latencies.Since(&earlier.latencies, i)
	}
	return Sched{gained}
}

// none is a histogram without observations.
var none rtm.Histogram

// runtimeReader reads what the runtime says about scheduling.
var runtimeReader = rtm.NewReader(
	"/sched/latencies:seconds",
	"/sched/goroutines/runnable:goroutines",
	"/sched/gomaxprocs:threads",
	"/sync/mutex/wait/total:seconds",
)

// scheduling is one reading of it.
type scheduling struct {
	sched      Sched
	runnable   uint64
	processors uint64
	mutexWait  time.Duration
}

// readScheduling copies the counts alone: the edges never change, and may be shared
// (documentation of metrics.Float64Histogram).
func readScheduling() (s scheduling) {
	runtimeReader.Read(func(v rtm.Values) {
		if v[0].Value.Kind() == metrics.KindFloat64Histogram {
			h := v[0].Value.Float64Histogram()
			s.sched.latencies = rtm.Histogram{Counts: slices.Clone(h.Counts), Edges: h.Buckets}
		}
		s.runnable, s.processors = v.Uint64(1), v.Uint64(2)
		s.mutexWait = time.Duration(v.Float64(3) * 1e9)
	})
	return s
}
