package watch

import (
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/internal/exphist"
	"github.com/govitals/govitals/metric"
)

// Latency is how long a number of things took, counted in buckets that are 4.4 %
// wide, from a microsecond to an hour. Quantiles are upper edges of buckets.
type Latency struct{ counts exphist.Counts }

// Count returns how many there were.
func (l *Latency) Count() uint64 { return l.counts.Count() }

// Quantile returns the time that a share q of them did not exceed, 0 without any.
func (l *Latency) Quantile(q float64) time.Duration { return l.counts.Quantile(q) }

// Max returns the longest, 0 without any.
func (l *Latency) Max() time.Duration { return l.counts.Max() }

// Mean returns the average, 0 without any.
func (l *Latency) Mean() time.Duration { return l.counts.Mean() }

// Sub returns what was added since an earlier state.
func (l *Latency) Sub(earlier *Latency) Latency {
	return Latency{l.counts.Sub(&earlier.counts)}
}

// Histogram returns all of it for an exporter.
func (l *Latency) Histogram() *metric.Histogram { return l.counts.Metric() }

// timings is written by many goroutines at once.
type timings struct{ histogram exphist.Histogram }

func (t *timings) add(d time.Duration) { t.histogram.Record(max(d, 1), 1) }

func (t *timings) read() (l Latency) {
	t.histogram.Read(&l.counts)
	return l
}

// lazyTimings are made when they are needed: they take 4 KiB, and most outcomes never
// occur.
type lazyTimings struct{ atomic.Pointer[timings] }

func (l *lazyTimings) add(d time.Duration) {
	timed := l.Load()
	if timed == nil {
		l.CompareAndSwap(nil, new(timings))
		timed = l.Load()
	}
	timed.add(d)
}

// newTallies returns a vec with one label whose sets hold 8 KiB, more or less.
func newTallies[T any](name, label string, most int, create func(value string) T) *cardinality.Vec[T] {
	const perSet = 8 << 10
	return cardinality.NewVec([]string{label}, func(values []string) T { return create(values[0]) },
		cardinality.Name(name), cardinality.MaxSets(most),
		cardinality.BytesPerSet(perSet), cardinality.MaxBytes(2*perSet*int64(most+1)))
}
