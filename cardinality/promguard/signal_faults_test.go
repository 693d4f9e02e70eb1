package promguard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/cardinality/internal/series"
	"github.com/govitals/govitals/leakguard"
)

// A registry has its metrics in another order each time. Where there are more than are
// followed, one that grows is named all the same, once it is.
func TestSeriesManyMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	v := newPaths("a")
	registry.MustRegister(v)
	s := NewSeries(registry)
	begin := time.Now()
	for minute := range 30 {
		s.now = func() time.Time { return begin.Add(time.Duration(minute) * time.Minute) }
		for i := range 10 {
			v.WithLabelValues(fmt.Sprint(minute, " ", i))
		}
		if _, err := s.Read(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := s.metrics.Len(); n > series.MaxMetrics {
			t.Fatalf("%d metrics are followed", n)
		}
		for i := 0; minute == 0 && i < 2*series.MaxMetrics; i++ {
			registry.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: fmt.Sprint("c", i)}))
		}
	}
	if culprits := s.Culprits(1); len(culprits) != 1 || culprits[0].Name != "x{a}" {
		t.Errorf("%+v", culprits)
	}
}

// unreadable is a metric that panics when it is read.
type unreadable struct{ prometheus.Metric }

func (unreadable) Write(*dto.Metric) error { panic("unreadable") }

// brittle sends more of them than anybody waits for.
type brittle struct{ prometheus.Collector }

func (b brittle) Collect(ch chan<- prometheus.Metric) {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "x"})
	for range 3 * buffered {
		ch <- unreadable{c}
	}
}

// A metric that panics leaves no collector stuck behind it.
func TestSeriesMetricPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		registry.MustRegister(brittle{prometheus.NewCounter(prometheus.CounterOpts{Name: "x"})})
		s := NewSeries(registry)
		for range 2 {
			if _, err := s.Read(context.Background()); err == nil || !strings.Contains(err.Error(), "a metric panicked") {
				t.Errorf("%v", err)
			}
			synctest.Wait()
		}
	})
}

// The bucket +Inf is there already if it has an exemplar.
func TestCountInfinity(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "x"})
	registry.MustRegister(h)
	h.(prometheus.ExemplarObserver).ObserveWithExemplar(1e9, prometheus.Labels{"trace": "1"})
	if counts, err := Count(registry); err != nil || counts.Series != lines(t, registry) {
		t.Errorf("%d series, %v; a scrape has %d lines", counts.Series, err, lines(t, registry))
	}
}

// during is a collector that does something while it is collected.
type during struct {
	prometheus.Collector
	do func()
}

func (d during) Collect(ch chan<- prometheus.Metric) {
	d.do()
	d.Collector.Collect(ch)
}

// What may happen at a scrape may happen while series are counted: a collector that
// registers another, a gauge that asks for something which does, one that asks what grows.
func TestSeriesAsAScrape(t *testing.T) {
	registry := prometheus.NewRegistry()
	s, asked := NewSeries(registry), error(nil)
	c := func(name string) prometheus.Collector {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name})
	}
	registry.MustRegister(
		during{c("a"), func() { _ = registry.Register(c("b")) }},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "c"}, func() float64 {
			_ = registry.Register(c("d"))
			return float64(len(s.Culprits(3)))
		}),
		during{c("e"), func() { _, asked = s.Read(t.Context()) }})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if reading, err := s.Read(ctx); err != nil || reading.Value < 3 {
		t.Fatal(reading, err)
	}
	if !errors.Is(asked, leakguard.ErrNotYet) {
		t.Errorf("%v during the first count", asked)
	}
	if n := len(gather(t, registry)); n != 5 {
		t.Errorf("%d metrics of 5", n)
	}
}
