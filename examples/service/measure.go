package main

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/leakguard"
)

// measured counts and times requests by route, as services do.
func measured(next http.Handler, registry prometheus.Registerer, t *trouble) http.Handler {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_duration_seconds", Help: "Time to answer requests, by route and status.",
	}, []string{"route", "status"})
	registry.MustRegister(seconds)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		status := &statusWriter{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(status, r)
		t.answered(r)
		seconds.WithLabelValues(r.Pattern, strconv.Itoa(status.code)).Observe(time.Since(start).Seconds())
	})
}

// statusWriter remembers the status of the answer.
type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// seriesSignal watches how many series the registry holds: a label with
// unbounded values makes them grow for ever. It shows what a signal of one's
// own looks like.
type seriesSignal struct {
	gatherer prometheus.Gatherer

	mu      sync.Mutex
	reading leakguard.Reading
	counted time.Time
}

// countEvery keeps the cost down: counting means gathering everything.
const countEvery = time.Second

func newSeriesSignal(gatherer prometheus.Gatherer) *seriesSignal {
	return &seriesSignal{gatherer: gatherer}
}

// Name implements leakguard.Signal.
func (s *seriesSignal) Name() string { return "series" }

// Unit implements leakguard.Measured.
func (s *seriesSignal) Unit() string { return "{series}" }

// Read implements leakguard.Signal. Between two counts it returns the point
// that it returned before, and says so by its Epoch.
func (s *seriesSignal) Read(context.Context) (leakguard.Reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.counted) < countEvery {
		return s.reading, nil
	}
	families, err := s.gatherer.Gather()
	if err != nil {
		return leakguard.Reading{}, err
	}
	s.counted = time.Now()
	s.reading.Value = float64(countSeries(families))
	s.reading.Epoch++
	return s.reading, nil
}

// countSeries counts as Prometheus does: a histogram is one series for each
// bucket, and its sum and count.
func countSeries(families []*dto.MetricFamily) int {
	count := 0
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if h := m.GetHistogram(); h != nil {
				count += len(h.GetBucket()) + 3 // +Inf, sum, count
				continue
			}
			count++
		}
	}
	return count
}
