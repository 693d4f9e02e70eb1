package promguard

import (
	dto "github.com/prometheus/client_model/go"
)

// count is a count of series under way.
type count struct {
	total   int
	metrics map[string]*metricCount
	rest    metricCount     // of metrics beyond maxMetrics
	watch   map[string]bool // metrics whose labels are looked at
}

// metricCount is what was counted of one metric.
type metricCount struct {
	sets   int
	perSet int // series in one, as its first one has
	values labelValues
}

// start begins a count. It looks at the labels of the metrics that grew most up to
// the last one, and again whenever they have doubled: reading values is what costs.
func (s *Series) start() *count {
	c := &count{metrics: map[string]*metricCount{}, watch: map[string]bool{}}
	for _, name := range s.growing(suspects) {
		c.watch[name] = s.metrics[name].now >= 2*s.metrics[name].looked
	}
	return c
}

func (c *count) visit(name string, metric written) {
	m := c.of(name)
	m.sets++
	look := c.watch[name] && m.sets <= sampled
	if look || m.perSet == 0 {
		var data dto.Metric
		if metric.Write(&data) == nil {
			m.perSet = seriesOf(&data)
			if look {
				m.values.add(&data)
			}
		}
	}
	c.total += max(m.perSet, 1)
}

// of returns where to count a metric. Those beyond the bound count together, each
// set with as many series as the first one has.
func (c *count) of(name string) *metricCount {
	if m := c.metrics[name]; m != nil {
		return m
	}
	if len(c.metrics) >= maxMetrics {
		return &c.rest
	}
	m := &metricCount{values: labelValues{}}
	c.metrics[name] = m
	return m
}
