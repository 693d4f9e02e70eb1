package promguard

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/cardinality/internal/series"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/leakguard"
)

// SeriesSignal watches the number of series of everything that the gatherer holds,
// guarded or not:
//
//	v.Watch(promguard.SeriesSignal(prometheus.DefaultGatherer))
//
// It is a [Series], see there for the cost.
func SeriesSignal(g prometheus.Gatherer) leakguard.Signal { return NewSeries(g) }

// Series is a leakguard.Signal: the number of series. It names the metrics that
// grow, and the label that has the most values: http_requests_total{path}.
//
// It counts at most one thousandth of the time. Where even that is too much, let
// it count at scrapes, which then cost nothing more, by being the gatherer of the
// handler:
//
//	series := promguard.NewSeries(registry)
//	v.Watch(series)
//	mux.Handle("/metrics", promhttp.HandlerFor(series, promhttp.HandlerOpts{}))
type Series struct {
	now func() time.Time

	mu      sync.Mutex
	walker  walker
	reading leakguard.Reading
	err     error         // of the latest count
	counted time.Time     // the end of the latest count
	pause   time.Duration // after it
	metrics series.Metrics
}

var (
	_ leakguard.Signal    = (*Series)(nil)
	_ leakguard.Blamer    = (*Series)(nil)
	_ leakguard.Measured  = (*Series)(nil)
	_ leakguard.Floored   = (*Series)(nil)
	_ prometheus.Gatherer = (*Series)(nil)
)

// NewSeries returns a Series of the gatherer. It panics if that is nil.
func NewSeries(g prometheus.Gatherer) *Series {
	if g == nil {
		panic("promguard: the gatherer to count is nil: give prometheus.DefaultGatherer or a registry")
	}
	return &Series{now: time.Now, walker: walker{gatherer: g}}
}

// Name implements [leakguard.Signal].
func (s *Series) Name() string { return "series" }

// Unit implements [leakguard.Measured].
func (s *Series) Unit() string { return "{series}" }

// Floor implements [leakguard.Floored].
func (s *Series) Floor() float64 { return series.Floor }

// Read implements [leakguard.Signal]. Between two counts it returns the latest one.
func (s *Series) Read(ctx context.Context) (leakguard.Reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	begin := s.now()
	if !s.counted.IsZero() && begin.Sub(s.counted) < s.pause {
		return s.reading, s.err
	}
	count := s.start()
	if s.err = s.walker.walk(ctx, count.visit); s.err == nil {
		s.finish(count)
	}
	s.counted = s.now()
	s.pause = series.Duty * s.counted.Sub(begin)
	return s.reading, s.err
}

// Gather implements [prometheus.Gatherer]: it gathers, and counts what came.
func (s *Series) Gather() ([]*dto.MetricFamily, error) {
	families, err := s.walker.gatherer.Gather()
	if err != nil || !s.mu.TryLock() {
		return families, err // a count is under way
	}
	defer s.mu.Unlock()
	begin := s.now()
	count := s.start()
	visitAll(families, count.visit)
	s.finish(count)
	s.err, s.counted = nil, s.now()
	s.pause = max(s.pause, series.Duty*s.counted.Sub(begin))
	return families, err
}

// finish takes over a count.
func (s *Series) finish(c *count) {
	counts := make(map[string]series.Count, len(c.metrics))
	for name, m := range c.metrics {
		counts[name] = series.Count{Series: float64(m.sets * m.perSet), Label: m.values.Most()}
	}
	s.metrics.Update(s.now(), counts)
	s.reading = leakguard.Reading{Value: float64(c.total), Load: math.NaN(), Epoch: s.reading.Epoch + 1}
}

// Culprits implements [leakguard.Blamer]: the metrics that grew, by how much.
func (s *Series) Culprits(n int) []finding.Culprit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.metrics.Culprits(n)
}
