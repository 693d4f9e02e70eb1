package collect

import (
	"slices"
	"sync"

	"github.com/govitals/govitals/metric"
)

// table holds the declarations that were found valid, so that a scrape need
// not check them again. Of two that claim one name the first stays.
type table struct {
	mu     sync.Mutex
	descs  map[string]metric.Desc // by Desc.Name
	claims map[string]bool        // exported names that are taken
}

// newTable returns a table in which the names of Dropped are taken.
func newTable() *table {
	t := &table{descs: make(map[string]metric.Desc), claims: make(map[string]bool)}
	t.claim(Dropped)
	return t
}

// resolve returns the declaration as the table holds it, entering it if it is
// new, or the reason why it cannot be exported.
func (t *table) resolve(d metric.Desc) (metric.Desc, Reason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.descs[d.Name]
	switch {
	case !ok:
		return t.enter(d)
	case !same(&known, &d):
		return d, Conflict
	}
	return known, none
}

func (t *table) enter(d metric.Desc) (metric.Desc, Reason) {
	switch {
	case d.Validate() != nil:
		return d, Invalid
	case t.claims[d.PrometheusName()] || t.claims[d.OpenTelemetryName()]:
		return d, Conflict
	case len(t.descs) == MaxMetrics:
		return d, Limit
	}
	d.Labels, d.Bounds = slices.Clone(d.Labels), slices.Clone(d.Bounds)
	t.descs[d.Name] = d
	t.claim(d)
	return d, none
}

func (t *table) claim(d metric.Desc) {
	t.claims[d.PrometheusName()] = true
	t.claims[d.OpenTelemetryName()] = true
}

// same compares by content: a Desc holds slices, so == does not compile.
func same(a, b *metric.Desc) bool {
	return a.Name == b.Name && a.Unit == b.Unit && a.Kind == b.Kind && a.Help == b.Help &&
		a.Action == b.Action && a.OTelName == b.OTelName &&
		slices.Equal(a.Labels, b.Labels) && slices.Equal(a.Bounds, b.Bounds)
}
