package promguard

import (
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// maker makes children with a vec of client_golang: no other public function
// makes a histogram with variable labels.
type maker struct {
	mu  sync.Mutex
	raw *prometheus.MetricVec
	// wrapped: somebody else collects from raw, so that children stay in it until
	// their set is removed. Else they are taken out at once and raw stays empty.
	wrapped bool
	// marker is known once the first set was made, in which all labels show it.
	marker string
	begun  bool // the first set was made
}

// isShared reports whether a label shows the marker.
func (m *maker) isShared(values []string) bool { return slices.Contains(values, m.marker) }

// isOverflow reports whether all labels show the marker.
func (m *maker) isOverflow(values []string) bool {
	return !slices.ContainsFunc(values, func(value string) bool { return value != m.marker })
}

// make returns the metric of a set, and with what bits its life begins.
func (m *maker) make(values []string) (metric prometheus.Metric, bits uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.begun && len(values) > 0 {
		m.marker = values[0]
	} else if m.begun && m.wrapped && m.isOverflow(values) {
		// When the overflow is removed, its successor is made before it leaves.
		m.raw.DeleteLabelValues(values...)
	}
	m.begun = true
	metric, err := m.raw.GetMetricWithLabelValues(values...)
	if err != nil {
		panic(err) // the guard counts it
	}
	if m.wrapped {
		bits = pinned // its overflow is shown by raw, to which a fold adds nothing
	} else {
		m.raw.Reset() // it has this one alone, and needs not look for it
	}
	if len(values) > 0 && m.isShared(values) {
		bits |= shared
	}
	return metric, bits
}

// retire takes out what make left in, but for the overflow, which has a successor by
// now.
func (m *maker) retire(values []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wrapped && !m.isOverflow(values) {
		m.raw.DeleteLabelValues(values...)
	}
}

// takeOut removes a set from a wrapped vec, whether it came through the guard or
// before. Those of the overflow are left to the guard, which always has them.
func (m *maker) takeOut(values []string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wrapped && len(values) > 0 && !m.isShared(values) && m.raw.DeleteLabelValues(values...)
}

// takeOutAll takes out what matches and returns how many that were.
func (m *maker) takeOutAll(labels []string, matches func(values []string) bool) (n int) {
	metrics, _ := collectAll(m.raw) // vecs of client_golang do not panic
	for _, metric := range metrics {
		data, err := read(metric)
		if err != nil {
			continue
		}
		if values, ok := valuesOf(data, labels); ok && matches(values) && m.takeOut(values) {
			n++
		}
	}
	return n
}

// given returns the values as callers give them: the guard puts an underscore before
// what looks like the marker, and would put another.
func (m *maker) given(values []string) []string {
	given := values
	for i, value := range values {
		rest, ok := strings.CutPrefix(value, "_")
		if before, looksLike := strings.CutSuffix(rest, m.marker); ok && looksLike && strings.Trim(before, "_") == "" {
			given = slices.Clone(given) // values belong to the child
			given[i] = rest
		}
	}
	return given
}
