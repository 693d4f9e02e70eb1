package promguard

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/govitals/govitals/cardinality/internal/series"
)

// Counts says how much a gatherer exports.
type Counts struct {
	// Sets is the number of label sets of all metrics.
	Sets int
	// Series is the number of series as Prometheus counts them: a classic
	// histogram is one for each bucket, and its sum and count.
	Series int
	// Metrics are the metrics, the one with the most series first.
	Metrics []MetricCounts
}

// MetricCounts says how much one metric exports.
type MetricCounts struct {
	// Name is the name of the metric.
	Name string
	// Sets is the number of its label sets.
	Sets int
	// Series is the number of its series.
	Series int
	// Labels holds how many values each of its labels has.
	Labels map[string]int
}

// Count gathers once and counts. In a test it serves leakguard.Budget:
//
//	series := func() (int, error) { c, err := promguard.Count(registry); return c.Series, err }
//	leakguard.Loop(t, 50, f, leakguard.Budget{SeriesCount: series})
func Count(g prometheus.Gatherer) (Counts, error) {
	families, err := g.Gather()
	var all Counts
	for _, f := range families {
		m := countFamily(f)
		all.Sets += m.Sets
		all.Series += m.Series
		all.Metrics = append(all.Metrics, m)
	}
	slices.SortStableFunc(all.Metrics, func(a, b MetricCounts) int { return b.Series - a.Series })
	if err != nil {
		return all, fmt.Errorf("promguard: counting series: %w", err)
	}
	return all, nil
}

func countFamily(f *dto.MetricFamily) MetricCounts {
	counts := MetricCounts{Name: f.GetName(), Labels: map[string]int{}}
	for _, m := range f.GetMetric() {
		counts.Sets++
		counts.Series += seriesOf(m)
	}
	for label, distinct := range valuesIn(f, counts.Sets) {
		counts.Labels[label] = len(distinct)
	}
	return counts
}

// seriesOf returns how many series Prometheus makes of a metric. A native
// histogram is one.
func seriesOf(m *dto.Metric) int {
	switch {
	case m.GetHistogram() != nil:
		buckets := m.GetHistogram().GetBucket()
		if len(buckets) == 0 && m.GetHistogram().Schema != nil {
			return 1
		}
		n := len(buckets) + 3 // +Inf, sum, count
		if len(buckets) > 0 && math.IsInf(buckets[len(buckets)-1].GetUpperBound(), 1) {
			n-- // it is there already if it has an exemplar
		}
		return n
	case m.GetSummary() != nil:
		return len(m.GetSummary().GetQuantile()) + 2
	}
	return 1
}

// valuesIn returns the values of the labels of the first sets of a metric.
func valuesIn(f *dto.MetricFamily, sets int) series.Values {
	values := series.Values{}
	for _, m := range f.GetMetric()[:min(sets, len(f.GetMetric()))] {
		for _, pair := range m.GetLabel() {
			values.Add(pair.GetName(), pair.GetValue())
		}
	}
	return values
}

// T is what AssertBounded needs of a *testing.T.
type T interface {
	// Helper marks the caller as a test helper.
	Helper()
	// Errorf fails the test and lets it go on.
	Errorf(format string, args ...any)
}

// AssertBounded fails the test if the metric, or any if metric is "", has more than
// max label sets. Call it after the code under test was fed with input that varies:
//
//	for i := range 1000 {
//		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", fmt.Sprint("/users/", i), nil))
//	}
//	promguard.AssertBounded(t, prometheus.DefaultGatherer, "http_requests_total", 50)
func AssertBounded(t T, g prometheus.Gatherer, metric string, max int) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Errorf("promguard: cannot count label sets: %v", err)
		return
	}
	found := metric == ""
	for _, f := range families {
		if metric != "" && f.GetName() != metric {
			continue
		}
		found = true
		if sets := len(f.GetMetric()); sets > max {
			t.Errorf("promguard: metric %q has %d label sets, more than %d: %s", f.GetName(), sets, max, blame(f))
		}
	}
	if !found {
		t.Errorf("promguard: there is no metric %q: is it registered with this gatherer, and was it used before?", metric)
	}
}

// shownSamples is how many values of a label a message shows.
const shownSamples = 3

func blame(f *dto.MetricFamily) string {
	values := valuesIn(f, len(f.GetMetric()))
	label := values.Most()
	if label == "" {
		return "it has no label with several values"
	}
	samples := slices.Sorted(maps.Keys(values[label]))
	quoted := fmt.Sprintf("%q", samples[:min(len(samples), shownSamples)])
	return fmt.Sprintf("label %q has %d values, such as %s; take it off, or guard the metric with a vec of promguard",
		label, len(samples), strings.Trim(quoted, "[]"))
}
