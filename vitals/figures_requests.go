package vitals

import (
	"math"

	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/watch"
)

// healthRoute is the name that watch gives to the requests of health checks.
const healthRoute = "(health)"

// served is what has ended, of all the watch.InFlight among the parts.
type served struct {
	known         bool
	total, failed uint64
	latency       latencies
}

func (v *Vitals) served() (s served) {
	for _, inflight := range partsOf[*watch.InFlight](v) {
		s.add(inflight.Stats())
	}
	return s
}

func (s *served) add(stats watch.InFlightStats) {
	s.known = true
	for i := range stats.Routes {
		route := &stats.Routes[i]
		if route.Route == healthRoute {
			continue
		}
		n := route.Latency.Count()
		s.total += n
		if route.Outcome == watch.Failed || route.Outcome == watch.Panicked {
			s.failed += n
		}
		s.latency.add(route.Latency.Histogram())
	}
}

// latencies counts durations in the buckets of native histograms of schema 4, 16
// for each doubling, from a microsecond to more than an hour.
type latencies [lastBucket - firstBucket + 1]uint64

const (
	bucketsPerDoubling      = 16
	firstBucket, lastBucket = -20 * bucketsPerDoubling, 13 * bucketsPerDoubling
)

// add takes a histogram in. What is outside of the buckets counts in the nearest.
func (l *latencies) add(h *metric.Histogram) {
	if h == nil || h.Schema != 4 {
		return
	}
	l[0] += h.Zero
	for i, n := range h.Counts {
		l[min(max(h.First+i, firstBucket), lastBucket)-firstBucket] += n
	}
}

// sub returns what was added since an earlier state.
func (l *latencies) sub(earlier *latencies) (d latencies) {
	for i, n := range l {
		if n > earlier[i] {
			d[i] = n - earlier[i]
		}
	}
	return d
}

func (l *latencies) count() (n uint64) {
	for _, k := range l {
		n += k
	}
	return n
}

// quantile returns the upper edge, in seconds, of the bucket in which the q-quantile
// lies, and 0 if there is nothing.
func (l *latencies) quantile(q float64) float64 {
	rank := max(uint64(math.Ceil(q*float64(l.count()))), 1)
	var sum uint64
	for i, n := range l {
		if sum += n; sum >= rank {
			return math.Exp2(float64(firstBucket+i) / bucketsPerDoubling)
		}
	}
	return 0
}

// figures are the quantiles as they are compared.
func (l *latencies) figures() LatencyFigures {
	f := LatencyFigures{Count: l.count()}
	if f.Count > 0 {
		f.P50, f.P90, f.P99, f.Max = l.quantile(0.5), l.quantile(0.9), l.quantile(0.99), l.quantile(1)
	}
	return f
}
