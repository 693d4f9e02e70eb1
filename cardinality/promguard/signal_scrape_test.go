package promguard

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

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
	s := NewSeries(registry)
	c := func(name string) prometheus.Collector {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name})
	}
	registry.MustRegister(
		during{c("a"), func() { _ = registry.Register(c("b")) }},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "c"}, func() float64 {
			_ = registry.Register(c("d"))
			return float64(len(s.Culprits(3)))
		}),
		during{c("e"), func() { _, _ = s.Read(t.Context()) }})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if reading, err := s.Read(ctx); err != nil || reading.Value < 3 {
		t.Fatal(reading, err)
	}
	if n := len(gather(t, registry)); n != 5 {
		t.Errorf("%d metrics of 5", n)
	}
}
