package promguard

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/cardinality/internal/series"
	"github.com/govitals/govitals/leakguard"
)

// lines counts the series of a scrape, as text, without comments.
func lines(t *testing.T, g prometheus.Gatherer) (n int) {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(g, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

// onlyGatherer hides that a registry is a collector too.
type onlyGatherer struct{ prometheus.Gatherer }

func shop() (*prometheus.Registry, *prometheus.CounterVec, *prometheus.HistogramVec) {
	registry := prometheus.NewRegistry()
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "requests_total"}, []string{"method", "path"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "seconds"}, []string{"user", "code"})
	summary := prometheus.NewSummaryVec(prometheus.SummaryOpts{Name: "sizes", Objectives: map[float64]float64{0.5: 0.1}}, []string{"a"})
	prometheus.WrapRegistererWith(prometheus.Labels{"shop": "1"}, registry).MustRegister(requests)
	registry.MustRegister(seconds, summary)
	summary.WithLabelValues("x")
	return registry, requests, seconds
}

// The value is what Prometheus stores, read this way or that.
func TestSeriesCount(t *testing.T) {
	registry, requests, seconds := shop()
	for i := range 50 {
		requests.WithLabelValues("GET", fmt.Sprint(i))
		seconds.WithLabelValues(fmt.Sprint(i), "200")
	}
	want := float64(lines(t, registry))
	for name, g := range map[string]prometheus.Gatherer{"collected": registry, "gathered": onlyGatherer{registry}} {
		reading, err := SeriesSignal(g).Read(context.Background())
		if err != nil || reading.Value != want || !math.IsNaN(reading.Load) {
			t.Errorf("%s: %+v, %v; a scrape has %v lines", name, reading, err, want)
		}
	}
	counts, err := Count(registry)
	if err != nil || float64(counts.Series) != want || counts.Sets != 101 || counts.Metrics[0].Name != "seconds" || counts.Metrics[0].Labels["user"] != 50 {
		t.Errorf("%+v, %v", counts, err)
	}
}

// The culprit is the metric that grows, not the one that is large, and of its
// labels the one with the most values.
func TestSeriesCulprits(t *testing.T) {
	for _, wrap := range []func(prometheus.Gatherer) prometheus.Gatherer{
		func(g prometheus.Gatherer) prometheus.Gatherer { return g },
		func(g prometheus.Gatherer) prometheus.Gatherer { return onlyGatherer{g} },
	} {
		registry, requests, seconds := shop()
		for i := range 300 {
			requests.WithLabelValues("GET", fmt.Sprint("warm", i))
		}
		s := NewSeries(wrap(registry))
		begin := time.Now()
		for minute := range 30 {
			s.now = func() time.Time { return begin.Add(time.Duration(minute) * time.Minute) }
			for i := range 5 {
				seconds.WithLabelValues(fmt.Sprint(minute, i), fmt.Sprint(i))
			}
			if minute < 3 {
				requests.WithLabelValues("PUT", fmt.Sprint("late", minute))
			}
			if _, err := s.Read(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		culprits := s.Culprits(3)
		if len(culprits) != 1 || culprits[0].Name != "seconds{user}" || culprits[0].Share != 1 {
			t.Errorf("%+v", culprits)
		}
	}
}

// A trend over the signal tells a leak from a warm-up.
func TestSeriesVerdict(t *testing.T) {
	for leaking, want := range map[bool]leakguard.State{true: leakguard.Leaking, false: leakguard.OK} {
		registry, _, seconds := shop()
		s := NewSeries(registry)
		begin := time.Now()
		trend := leakguard.NewTrend(leakguard.TrendConfig{Floor: s.Floor()})
		for minute := 0; minute < 24*60; minute += 10 {
			at := begin.Add(time.Duration(minute) * time.Minute)
			s.now = func() time.Time { return at }
			for i := 0; i < 3 && (leaking || minute < 60); i++ {
				seconds.WithLabelValues(fmt.Sprint(minute, i), "200")
			}
			reading, err := s.Read(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			trend.Add(at, reading.Value, reading.Load)
		}
		if v := trend.Verdict(); v.State != want {
			t.Errorf("leaking=%v: %v, %v", leaking, v.State, v.Why)
		}
	}
}

// slow is a collector that takes a while.
type slow struct {
	prometheus.Collector
	takes time.Duration
	runs  int
}

func (s *slow) Collect(ch chan<- prometheus.Metric) {
	s.runs++
	time.Sleep(s.takes)
	s.Collector.Collect(ch)
}

// Counting takes a thousandth of the time, however often the signal is read, and
// nothing where scrapes are counted.
func TestSeriesDuty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		c := &slow{Collector: prometheus.NewCounter(prometheus.CounterOpts{Name: "x"}), takes: 100 * time.Millisecond}
		registry.MustRegister(c)
		s := NewSeries(registry)
		epochs := map[uint64]bool{}
		for range 3600 {
			reading, err := s.Read(t.Context())
			if err != nil || reading.Value != 1 {
				t.Fatal(reading, err)
			}
			epochs[reading.Epoch] = true
			time.Sleep(time.Second)
		}
		if busy := time.Duration(c.runs) * c.takes; busy > 4*time.Second || c.runs < 20 || len(epochs) != c.runs {
			t.Errorf("%d counts, %v in an hour, %d epochs", c.runs, busy, len(epochs))
		}
		runs := c.runs
		for range 100 {
			_, _ = s.Gather() // a scrape
			_, _ = s.Read(t.Context())
			time.Sleep(15 * time.Second)
		}
		if own := c.runs - runs - 100; own > 15 {
			t.Errorf("%d counts besides 100 scrapes", own)
		}
	})
}

// Whatever goes wrong, the reading says what.
func TestSeriesBroken(t *testing.T) {
	fails := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return nil, errors.New("no") })
	if _, err := NewSeries(fails).Read(context.Background()); err == nil {
		t.Error("an error was swallowed")
	}
	partial := prometheus.Gatherers{prometheus.GathererFunc(one), fails}
	if reading, err := NewSeries(partial).Read(context.Background()); err != nil || reading.Value != 1 {
		t.Errorf("%+v, %v: what was gathered beside an error counts", reading, err)
	}
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		late := &slow{Collector: prometheus.NewCounter(prometheus.CounterOpts{Name: "x"}), takes: time.Hour}
		registry.MustRegister(late)
		s := NewSeries(registry)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(series.Duty * time.Second)
		if _, err := s.Read(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		registry.Unregister(late)
		if reading, err := s.Read(t.Context()); err != nil || reading.Value != 0 {
			t.Error(reading, err)
		}
	})
}

// The signal itself is bounded.
func TestSeriesBounds(t *testing.T) {
	registry := prometheus.NewRegistry()
	for i := range series.MaxMetrics + 200 {
		registry.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: fmt.Sprint("x", i)}))
	}
	s := NewSeries(registry)
	reading, err := s.Read(context.Background())
	if err != nil || reading.Value != series.MaxMetrics+200 || s.metrics.Len() != series.MaxMetrics {
		t.Errorf("%+v, %v with %d metrics", reading, err, s.metrics.Len())
	}
}

type told struct{ errors []string }

func (*told) Helper() {}

func (s *told) Errorf(format string, args ...any) {
	s.errors = append(s.errors, fmt.Sprintf(format, args...))
}

func TestAssertBounded(t *testing.T) {
	registry, requests, _ := shop()
	for i := range 30 {
		requests.WithLabelValues("GET", fmt.Sprint("/users/", i))
	}
	said := &told{}
	AssertBounded(said, registry, "requests_total", 30)
	AssertBounded(said, registry, "", 30)
	if len(said.errors) != 0 {
		t.Errorf("within the bound: %q", said.errors)
	}
	AssertBounded(said, registry, "requests_total", 29)
	AssertBounded(said, registry, "", 29)
	AssertBounded(said, registry, "absent", 29)
	if len(said.errors) != 3 || !strings.Contains(said.errors[0], `"requests_total" has 30 label sets`) ||
		!strings.Contains(said.errors[0], `"path" has 30 values, such as "/users/0"`) || !strings.Contains(said.errors[2], "absent") {
		t.Errorf("%q", said.errors)
	}
}

// one gathers a gauge.
func one() ([]*dto.MetricFamily, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "x"}))
	return registry.Gather()
}
