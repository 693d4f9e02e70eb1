package promvitals

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/internal/collect"
	"github.com/govitals/govitals/metric"
)

// Collector returns a collector of everything that the sources report. It is
// unchecked: see the package documentation for what that means. It is safe for
// concurrent scrapes. It panics if a source is nil.
func Collector(sources ...metric.Source) prometheus.Collector {
	s, err := collect.New("promvitals", sources...)
	if err != nil {
		panic(err)
	}
	return &collector{sources: s, descs: make(map[string]*prometheus.Desc)}
}

type collector struct {
	sources *collect.Sources
	mu      sync.Mutex
	descs   map[string]*prometheus.Desc // by metric.Desc.Name, at most collect.MaxMetrics and one
}

// Describe sends nothing, which makes the collector unchecked.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends what the sources know now.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	for _, sample := range c.sources.Samples() {
		ch <- c.series(sample)
	}
	for _, sample := range c.sources.Drops() {
		ch <- c.series(sample)
	}
}

func (c *collector) series(s metric.Sample) *series {
	desc := c.desc(&s.Desc)
	return &series{desc: desc, labels: prometheus.MakeLabelPairs(desc, s.LabelValues), sample: s}
}

// desc returns the translated declaration. One name never stands for two: the
// sources see to that.
func (c *collector) desc(d *metric.Desc) *prometheus.Desc {
	c.mu.Lock()
	defer c.mu.Unlock()
	desc, ok := c.descs[d.Name]
	if !ok {
		desc = prometheus.NewDesc(d.PrometheusName(), d.Help, d.Labels, nil)
		c.descs[d.Name] = desc
	}
	return desc
}
