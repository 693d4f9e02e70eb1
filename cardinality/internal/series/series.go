// Package series follows how many series each metric of a program has, and says
// which of them grow. What counts them is somebody else: promguard or otelguard.
//
//	metrics.Update(now, counts)
//	culprits := metrics.Culprits(3)
//
// # Cost
//
// About 150 bytes for each metric, of which there are [MaxMetrics] at most.
//
// # What it cannot see
//
// What comes and goes between two updates.
package series

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/govitals/govitals/finding"
)

const (
	// MaxMetrics bounds the metrics that are followed one by one.
	MaxMetrics = 1000
	// Duty is how much longer than a count the pause after it should be.
	Duty = 1000
	// Suspects is how many metrics have their labels looked at.
	Suspects = 3
	// Sampled is how many label sets of a suspect are looked at.
	Sampled = 2000
	// Floor is growth that is not worth a word.
	Floor = 100
)

// Count is what was counted of one metric.
type Count struct {
	// Series is the number of its series.
	Series float64
	// Label is the label with the most values, "" if nobody looked.
	Label string
}

// Metrics are the metrics of a program. The zero value has none.
type Metrics struct {
	began time.Time
	all   map[string]*growth
}

// Len returns how many metrics are followed.
func (m *Metrics) Len() int { return len(m.all) }

// Update takes over a count of all metrics. Those beyond MaxMetrics are not followed.
func (m *Metrics) Update(at time.Time, counts map[string]Count) {
	if m.all == nil {
		m.began, m.all = at, map[string]*growth{}
	}
	for name := range m.all {
		if _, there := counts[name]; !there {
			delete(m.all, name) // it is gone: make room for others
		}
	}
	for name, c := range counts {
		g := m.all[name]
		if g == nil && len(m.all) >= MaxMetrics {
			continue
		}
		if g == nil {
			g = &growth{}
			m.all[name] = g
		}
		g.now = c.Series
		if c.Label != "" {
			g.label, g.looked = c.Label, g.now
		}
		g.step(at.Sub(m.began))
	}
}

// Watched returns the metrics whose labels the next count should look at: those
// that grew most, and again whenever they have doubled, since that is what costs.
func (m *Metrics) Watched() map[string]bool {
	watched := map[string]bool{}
	for _, name := range m.growing(Suspects) {
		watched[name] = m.all[name].now >= 2*m.all[name].looked
	}
	return watched
}

// leastShare of the growth makes a metric worth naming: others only take a label
// value for the first time.
const leastShare = 0.01

// Culprits returns the metrics that grew, by how much, at most n.
func (m *Metrics) Culprits(n int) []finding.Culprit {
	var all float64
	for _, g := range m.all {
		all += g.grown()
	}
	var culprits []finding.Culprit
	for _, name := range m.growing(max(n, 0)) {
		g := m.all[name]
		share := g.grown() / all
		if share < leastShare {
			break // the rest grew less
		}
		if g.label != "" {
			name += "{" + g.label + "}"
		}
		culprits = append(culprits, finding.Culprit{Name: name, Share: share})
	}
	return culprits
}

// growing returns the metrics that grew most.
func (m *Metrics) growing(n int) []string {
	var names []string
	for name, g := range m.all {
		if g.grown() > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(m.all[b].grown(), m.all[a].grown()), cmp.Compare(a, b))
	})
	return names[:min(n, len(names))]
}

// growth is the number of series of a metric over time. It remembers two earlier
// ones: whenever the age has doubled, the later becomes the earlier. So what it
// compares with is a half to a quarter of the age old, and a start is forgotten.
type growth struct {
	now, later, earlier float64
	since               time.Duration // when later was noted
	noted               bool
	label               string  // the one with the most values, "" = not known
	looked              float64 // now, when that was found out
}

func (g *growth) step(age time.Duration) {
	if !g.noted {
		g.later, g.earlier, g.since, g.noted = g.now, g.now, age, true
		return
	}
	if age >= 2*g.since && age > 0 {
		g.earlier, g.later, g.since = g.later, g.now, age
	}
}

func (g *growth) grown() float64 { return max(0, g.now-g.earlier) }

// Values are the values of each label of a metric.
type Values map[string]map[string]struct{}

// Add notes a value of a label.
func (v Values) Add(label, value string) {
	if v[label] == nil {
		v[label] = map[string]struct{}{}
	}
	v[label][value] = struct{}{}
}

// Most returns the label with the most values, "" if none has more than one.
func (v Values) Most() string {
	most := ""
	for _, label := range slices.Sorted(maps.Keys(v)) {
		if len(v[label]) > max(1, len(v[most])) {
			most = label
		}
	}
	return most
}
