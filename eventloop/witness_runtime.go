package eventloop

import (
	"math"
	"runtime/metrics"
	"time"

	"github.com/govitals/govitals/internal/rtm"
)

// The order of these constants is that of the names in newRuntimeCounters.
const (
	sampleProcs = iota
	sampleStopped
	sampleStopping
	sampleGCStopped
	sampleGCStopping
	sampleGCCycles
	sampleGCCPU
	sampleRunnable
	sampleWaited
	sampleMutex
)

// sampledOneIn is the number of times a goroutine becomes ready of which the
// runtime takes the time once: gTrackingPeriod in GOROOT/src/runtime/proc.go.
const sampledOneIn = 8

// runtimeCounters reads what the runtime knows, without allocating.
type runtimeCounters struct {
	reader *rtm.Reader
	into   *reading
	fill   func(rtm.Values)
}

func newRuntimeCounters() *runtimeCounters {
	c := &runtimeCounters{reader: rtm.NewReader(
		"/sched/gomaxprocs:threads",
		"/sched/pauses/total/other:seconds",
		"/sched/pauses/stopping/other:seconds",
		"/sched/pauses/total/gc:seconds",
		"/sched/pauses/stopping/gc:seconds",
		"/gc/cycles/total:gc-cycles",
		"/cpu/classes/gc/total:cpu-seconds",
		"/sched/goroutines/runnable:goroutines",
		"/sched/latencies:seconds",
		"/sync/mutex/wait/total:seconds",
	)}
	c.fill = c.copy // once: a method value is a new closure each time
	return c
}

func (c *runtimeCounters) read(r *reading) {
	c.into = r
	c.reader.Read(c.fill)
}

func (c *runtimeCounters) copy(v rtm.Values) {
	r := c.into
	r.procs = int(min(v.Uint64(sampleProcs), math.MaxInt32))
	r.stopped, _ = sum(v, sampleStopped)
	r.stopping, _ = sum(v, sampleStopping)
	r.gcStopped, r.gcPauses = sum(v, sampleGCStopped)
	r.gcStopping, _ = sum(v, sampleGCStopping)
	r.gcCycles = v.Uint64(sampleGCCycles)
	r.gcCPU = duration(v.Float64(sampleGCCPU))
	r.runnable = v.Uint64(sampleRunnable)
	r.waited, r.switches = weighted(v, sampleWaited, sampledOneIn)
	r.switches *= sampledOneIn
	r.mutex = duration(v.Float64(sampleMutex))
}

// sum estimates the sum of all observations of a histogram, each as the middle
// of its bucket: the runtime keeps none. Its buckets are 14 to 25 % wide.
func sum(v rtm.Values, i int) (time.Duration, uint64) { return weighted(v, i, 1) }

// weighted is sum with each observation counted as often as weight says.
func weighted(v rtm.Values, i int, weight float64) (time.Duration, uint64) {
	if v[i].Value.Kind() != metrics.KindFloat64Histogram {
		return 0, 0
	}
	h := v[i].Value.Float64Histogram()
	total, count := 0.0, uint64(0)
	for i, n := range h.Counts {
		if n > 0 {
			total += float64(n) * middle(h.Buckets[i], h.Buckets[i+1])
			count += n
		}
	}
	return duration(total * weight), count
}

// middle returns the middle of a bucket, or its finite edge if it has but one.
func middle(low, high float64) float64 {
	if math.IsInf(low, -1) {
		return max(0, high)
	}
	if math.IsInf(high, 1) {
		return low
	}
	return (low + high) / 2
}

// duration converts seconds. A sum over many goroutines can exceed what a Duration
// holds, which is 292 years: then it begins anew.
func duration(seconds float64) time.Duration {
	const most = 9e9
	return time.Duration(math.Mod(max(0, seconds), most) * float64(time.Second))
}
