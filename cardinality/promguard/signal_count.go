package promguard

import (
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/cardinality/internal/series"
)

// count is a count of series under way.
type count struct {
	total   int
	metrics map[string]*metricCount
	rest    metricCount            // of metrics beyond series.MaxMetrics
	watch   map[string]bool        // metrics whose labels are looked at
	follows func(name string) bool // of those that were counted before
}

// metricCount is what was counted of one metric.
type metricCount struct {
	sets   int
	perSet int // series in one, as its first one has
	values series.Values
}

// start begins a count.
func (s *Series) start() *count {
	return &count{metrics: map[string]*metricCount{}, watch: s.metrics.Watched(), follows: s.metrics.Follows}
}

func (c *count) visit(name string, metric written) {
	m := c.of(name)
	m.sets++
	look := c.watch[name] && m != &c.rest && m.sets <= series.Sampled
	if look || m.perSet == 0 {
		var data dto.Metric
		if metric.Write(&data) == nil {
			m.perSet = seriesOf(&data)
			if look {
				addLabels(m.values, &data)
			}
		}
	}
	c.total += max(m.perSet, 1)
}

// of returns where to count a metric. Those beyond the bound count together, each
// set with as many series as the first one has; those that are followed already are
// not among them, as a registry has its metrics in another order each time.
func (c *count) of(name string) *metricCount {
	if m := c.metrics[name]; m != nil {
		return m
	}
	if len(c.metrics) >= series.MaxMetrics && !c.follows(name) {
		return &c.rest
	}
	m := &metricCount{values: series.Values{}}
	c.metrics[name] = m
	return m
}
