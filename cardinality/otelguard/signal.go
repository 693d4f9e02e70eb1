package otelguard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"sync"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/cardinality/internal/series"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/leakguard"
)

// SeriesSignal watches how many attribute sets all instruments export together,
// guarded or not:
//
//	reader := sdkmetric.NewPeriodicReader(exporter)
//	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
//	v.Watch(otelguard.SeriesSignal(reader))
//
// It is a [Series], see there for the cost and for delta temporality.
func SeriesSignal(r sdkmetric.Reader) leakguard.Signal { return NewSeries(r) }

// Series is a leakguard.Signal: the number of attribute sets of all instruments. It
// names the metrics that grow, and the attribute that has the most values.
//
// It collects at most one thousandth of the time. A collection of a reader with
// delta temporality takes data away from its exporter: there, and where a
// thousandth is too much, let it count what is exported:
//
//	series := otelguard.NewSeries(nil)
//	reader := sdkmetric.NewPeriodicReader(series.Exporter(exporter))
//	v.Watch(series)
//	v.Add(series.Overflow())
type Series struct {
	now    func() time.Time
	reader sdkmetric.Reader // nil = it counts what is exported
	began  time.Time

	counting sync.Mutex    // held while the reader collects
	counted  time.Time     // the end of the latest count of ours
	pause    time.Duration // after it

	mu       sync.Mutex // not held while the reader collects: callbacks may ask for findings
	reading  leakguard.Reading
	err      error // of the latest count
	metrics  series.Metrics
	overflow map[string]*overflow // at most series.MaxMetrics
}

var (
	_ leakguard.Signal   = (*Series)(nil)
	_ leakguard.Blamer   = (*Series)(nil)
	_ leakguard.Measured = (*Series)(nil)
	_ leakguard.Floored  = (*Series)(nil)
	_ finding.Source     = overflows{}
)

// NewSeries returns a Series of what a reader collects, or, if that is nil, of what
// its Exporter exports.
func NewSeries(r sdkmetric.Reader) *Series {
	return &Series{now: time.Now, reader: r, began: time.Now(), err: errNothing, overflow: map[string]*overflow{}}
}

// patience is for how long nothing need be exported: the SDK does it once a minute
// unless told otherwise.
const patience = 5 * time.Minute

var errNothing = errors.New("otelguard: no attribute sets were counted yet: give NewSeries a reader, or use the Exporter of the Series")

// Name implements [leakguard.Signal].
func (s *Series) Name() string { return "series" }

// Unit implements [leakguard.Measured].
func (s *Series) Unit() string { return "{series}" }

// Floor implements [leakguard.Floored].
func (s *Series) Floor() float64 { return series.Floor }

// Read implements [leakguard.Signal]. Between two counts, and during one, it returns
// the latest one.
func (s *Series) Read(ctx context.Context) (leakguard.Reading, error) {
	if s.reader != nil && s.counting.TryLock() {
		s.collect(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == errNothing && s.now().Sub(s.began) < patience {
		return s.reading, leakguard.ErrNotYet
	}
	return s.reading, s.err
}

// collect counts what the reader collects, if it is time to, and unlocks counting: a
// callback may panic.
func (s *Series) collect(ctx context.Context) {
	defer s.counting.Unlock()
	begin := s.now()
	if !s.counted.IsZero() && begin.Sub(s.counted) < s.pause {
		return
	}
	var data metricdata.ResourceMetrics
	s.note(&data, s.reader.Collect(ctx, &data))
	s.counted = s.now()
	s.pause = series.Duty * s.counted.Sub(begin)
}

// note takes over a collection, or why there is none.
func (s *Series) note(data *metricdata.ResourceMetrics, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.err = fmt.Errorf("otelguard: counting attribute sets: %w", err)
		return
	}
	s.count(data)
	s.err = nil
}

// Culprits implements [leakguard.Blamer]: the metrics that grew, by how much.
func (s *Series) Culprits(n int) []finding.Culprit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.metrics.Culprits(n)
}

// Exporter returns an exporter that counts what it passes on.
func (s *Series) Exporter(to sdkmetric.Exporter) sdkmetric.Exporter {
	return &exporter{Exporter: to, series: s}
}

type exporter struct {
	sdkmetric.Exporter
	series *Series
}

// Export implements [sdkmetric.Exporter]. The data may be used until it returns.
func (e *exporter) Export(ctx context.Context, data *metricdata.ResourceMetrics) error {
	e.series.note(data, nil)
	return e.Exporter.Export(ctx, data)
}

// count takes over a collection.
func (s *Series) count(data *metricdata.ResourceMetrics) {
	watched, counts, total := s.metrics.Watched(), map[string]series.Count{}, 0
	merging := map[string]bool{}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			n := 0
			for attributes, value := range pointsOf(m.Data) {
				n++
				if isOverflow(attributes) {
					merging[m.Name] = true
					s.noteOverflow(m, value)
				}
			}
			total += n
			c := series.Count{Series: counts[m.Name].Series + float64(n)} // of all scopes
			if watched[m.Name] {
				c.Label = valuesIn(m.Data).Most()
			}
			counts[m.Name] = c
		}
	}
	// With delta temporality, and for observable instruments, the SDK begins anew each time.
	maps.DeleteFunc(s.overflow, func(name string, _ *overflow) bool { return !merging[name] })
	s.metrics.Update(s.now(), counts)
	s.reading = leakguard.Reading{Value: float64(total), Load: math.NaN(), Epoch: s.reading.Epoch + 1}
}
