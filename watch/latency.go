package watch

import (
	"time"

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
