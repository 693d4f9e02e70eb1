package promguard

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
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
// It gathers as a scrape does, at most one thousandth of the time. Where even that is
// too much, let it count at scrapes, which then cost nothing more, by being the gatherer
// of the handler:
//
//	series := promguard.NewSeries(registry)
//	v.Watch(series)
//	mux.Handle("/metrics", promhttp.HandlerFor(series, promhttp.HandlerOpts{}))
type Series struct {
	now      func() time.Time
	gatherer prometheus.Gatherer
	busy     atomic.Bool // a Read has begun to gather, and that has not returned

	mu      sync.Mutex // not held while somebody gathers: a collector may ask who grows
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
	return &Series{now: time.Now, gatherer: g, err: leakguard.ErrNotYet}
}

// Name implements [leakguard.Signal].
func (s *Series) Name() string { return "series" }

// Unit implements [leakguard.Measured].
func (s *Series) Unit() string { return "{series}" }

// Floor implements [leakguard.Floored].
func (s *Series) Floor() float64 { return series.Floor }

// Read implements [leakguard.Signal]. Between two counts, and during one, it returns
// the latest one.
func (s *Series) Read(ctx context.Context) (leakguard.Reading, error) {
	if begin := s.now(); s.isDue(begin) && s.busy.CompareAndSwap(false, true) {
		families, err := s.gather(ctx)
		s.note(families, err, begin)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reading, s.err
}

func (s *Series) isDue(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counted.IsZero() || now.Sub(s.counted) >= s.pause
}

// gather does what a scrape does, and not Collect of a registry, which is quicker: that
// holds a lock, so that a collector which registers another would wait for itself.
func (s *Series) gather(ctx context.Context) ([]*dto.MetricFamily, error) {
	var families []*dto.MetricFamily
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer s.busy.Store(false)
		defer func() {
			if fault := recover(); fault != nil {
				err = fmt.Errorf("a metric panicked: %v", fault)
			}
		}()
		families, err = s.gatherer.Gather()
	}()
	select {
	case <-done:
		return families, err
	case <-ctx.Done():
		return nil, fmt.Errorf("a collector has not returned, look for the goroutine in its Collect: %w", ctx.Err())
	}
}

// Gather implements [prometheus.Gatherer]: it gathers, and counts what came.
func (s *Series) Gather() ([]*dto.MetricFamily, error) {
	begin := s.now()
	families, err := s.gatherer.Gather()
	s.note(families, err, begin)
	return families, err
}

// note takes over what was gathered in a time that began then. A registry returns what
// it could gather beside its error.
func (s *Series) note(families []*dto.MetricFamily, err error, begin time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = nil
	if err != nil && len(families) == 0 {
		s.err = fmt.Errorf("promguard: counting series: %w", err)
	} else {
		s.take(families)
	}
	s.counted = s.now()
	s.pause = series.Duty * s.counted.Sub(begin)
}

func (s *Series) take(families []*dto.MetricFamily) {
	watched, counts, total := s.metrics.Watched(), make(map[string]series.Count, len(families)), 0
	for _, f := range families {
		n := 0
		for _, m := range f.GetMetric() {
			n += seriesOf(m)
		}
		total += n
		c := series.Count{Series: float64(n)}
		if watched[f.GetName()] {
			c.Label = valuesIn(f, series.Sampled).Most()
		}
		counts[f.GetName()] = c
	}
	s.metrics.Update(s.now(), counts)
	s.reading = leakguard.Reading{Value: float64(total), Load: math.NaN(), Epoch: s.reading.Epoch + 1}
}

// Culprits implements [leakguard.Blamer]: the metrics that grew, by how much.
func (s *Series) Culprits(n int) []finding.Culprit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.metrics.Culprits(n)
}
