package benchmarks

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/govitals/govitals/watch"
)

// BenchmarkInFlight compares beginning and ending a request, by two goroutines, with
// what client_golang takes for less: a gauge up and down and a histogram with a
// route, which know neither the oldest nor the orphaned.
func BenchmarkInFlight(b *testing.B) {
	f := watch.NewInFlight(watch.InFlightConfig{})
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "in_flight"})
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "duration"}, []string{"route"})
	ctx := b.Context()
	ours := func() { f.Begin(ctx, "a").End(watch.OK) }
	race(b,
		contestant{"InFlight", 1, byTwo(ours)},
		contestant{"client_golang", 1, byTwo(func() {
			began := time.Now()
			gauge.Inc()
			gauge.Dec()
			duration.WithLabelValues("a").Observe(time.Since(began).Seconds())
		})},
		contestant{"clock", 1, byTwo(twoClocks)},
	)
	b.ReportMetric(testing.AllocsPerRun(1000, ours), "allocs/request")
}

// BenchmarkInFlightMiddleware compares the middleware with that of client_golang
// around an empty handler.
func BenchmarkInFlightMiddleware(b *testing.B) {
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "in_flight"})
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "duration"}, []string{"code"})
	ours := watch.NewInFlight(watch.InFlightConfig{}).Middleware(next)
	theirs := promhttp.InstrumentHandlerInFlight(gauge, promhttp.InstrumentHandlerDuration(duration, next))
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	race(b,
		contestant{"InFlight", 1, byTwo(func() { ours.ServeHTTP(w, r) })},
		contestant{"promhttp", 1, byTwo(func() { theirs.ServeHTTP(w, r) })},
	)
}

// BenchmarkQueue shows what an item takes: three operations, each of which reads the
// clock once, beside two readings of the clock.
func BenchmarkQueue(b *testing.B) {
	q := watch.NewQueue("a")
	cycle := func() {
		item := q.Add()
		item.Start()
		item.Done()
	}
	b.Run("one", func(b *testing.B) {
		race(b, contestant{"cycle", 2000, cycle}, contestant{"clock", 2000, twoClocks})
		b.ReportMetric(testing.AllocsPerRun(1000, cycle), "allocs/item")
	})
	b.Run("two", func(b *testing.B) {
		race(b, contestant{"cycle", 1, byTwo(cycle)}, contestant{"clock", 1, byTwo(twoClocks)})
	})
}

func twoClocks() {
	began := time.Now()
	_ = time.Since(began)
}

// each is how many calls byTwo has each of its two goroutines make. What is reported
// for them is the time of that many calls, so a thousand times that of one.
const each = 1000

// byTwo returns a function that has two goroutines do something at the same time.
func byTwo(do func()) func() {
	return func() {
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				for range each {
					do()
				}
			})
		}
		group.Wait()
	}
}
