package promguard

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/leakguard"
)

const (
	// maxMetrics bounds the metrics that are counted one by one. What is beyond
	// counts in the total.
	maxMetrics = 1000
	// duty is how much longer than a count the pause after it is.
	duty = 1000
	// suspects is how many metrics have their labels looked at, sampled how many
	// of their label sets.
	suspects = 3
	sampled  = 2000
	// seriesFloor is growth that is not worth a word.
	seriesFloor = 100
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
	began   time.Time
	metrics map[string]*growth // at most maxMetrics
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
	return &Series{now: time.Now, walker: walker{gatherer: g}, metrics: map[string]*growth{}}
}

// Name implements [leakguard.Signal].
func (s *Series) Name() string { return "series" }

// Unit implements [leakguard.Measured].
func (s *Series) Unit() string { return "{series}" }

// Floor implements [leakguard.Floored].
func (s *Series) Floor() float64 { return seriesFloor }

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
	s.pause = duty * s.counted.Sub(begin)
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
	s.pause = max(s.pause, duty*s.counted.Sub(begin))
	return families, err
}

// finish takes over a count.
func (s *Series) finish(c *count) {
	if s.began.IsZero() {
		s.began = s.now()
	}
	for name, g := range s.metrics {
		g.now = 0
		if c.metrics[name] == nil {
			delete(s.metrics, name) // it is gone: make room for others
		}
	}
	for name, m := range c.metrics {
		g := s.metrics[name]
		if g == nil {
			g = &growth{}
			s.metrics[name] = g
		}
		g.now = float64(m.sets * m.perSet)
		if label := m.values.most(); label != "" {
			g.label, g.looked = label, g.now
		}
	}
	age := s.now().Sub(s.began)
	for _, g := range s.metrics {
		g.step(age)
	}
	s.reading = leakguard.Reading{Value: float64(c.total), Load: math.NaN(), Epoch: s.reading.Epoch + 1}
}

// Culprits implements [leakguard.Blamer]: the metrics that grew, by how much.
func (s *Series) Culprits(n int) []finding.Culprit {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all float64
	for _, g := range s.metrics {
		all += g.grown()
	}
	var culprits []finding.Culprit
	for _, name := range s.growing(max(n, 0)) {
		g := s.metrics[name]
		if g.label != "" {
			name += "{" + g.label + "}"
		}
		culprits = append(culprits, finding.Culprit{Name: name, Share: g.grown() / all})
	}
	return culprits
}

// growing returns the metrics that grew most.
func (s *Series) growing(n int) []string {
	var names []string
	for name, g := range s.metrics {
		if g.grown() > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.metrics[b].grown(), s.metrics[a].grown()), cmp.Compare(a, b))
	})
	return names[:min(n, len(names))]
}

// growth is the number of series of a metric over time. It remembers two earlier
// ones: whenever the age has doubled, the later becomes the earlier. So what it
// compares with is a half to a quarter of the age old, and a start is forgotten.
type growth struct {
	now, later, earlier float64
	since               time.Duration // when later was noted
	noted               bool
	label               string  // the one with the most values, "" = not known
	looked              float64 // now, when that was found out
}

func (g *growth) step(age time.Duration) {
	if !g.noted {
		g.later, g.earlier, g.since, g.noted = g.now, g.now, age, true
		return
	}
	if age >= 2*g.since && age > 0 {
		g.earlier, g.later, g.since = g.later, g.now, age
	}
}

func (g *growth) grown() float64 { return max(0, g.now-g.earlier) }
