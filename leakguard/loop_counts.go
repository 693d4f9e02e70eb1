package leakguard

import (
	"fmt"

	"github.com/govitals/govitals/internal/usage"
)

// countMeter follows what is a plain number: threads, metric series.
type countMeter struct {
	limits    *limits
	resource  resource
	tolerance usage.Tolerance
	count     func() (int, error)
	series    usage.Series
	err       error
}

func (m *countMeter) start() {}

func (m *countMeter) read(iteration int, _ bool) {
	if n, ok := m.look(); ok {
		m.series.Add(iteration, float64(n))
	}
}

func (m *countMeter) again() {
	if n, ok := m.look(); ok {
		m.series.Settle(float64(n))
	}
}

func (m *countMeter) look() (int, bool) {
	if m.err != nil {
		return 0, false
	}
	n, err := m.count()
	m.err = err
	return n, err == nil
}

func (m *countMeter) verdict() []complaint {
	if m.err != nil {
		return []complaint{{text: fmt.Sprintf("%s could not be counted: %v", m.resource.title(), m.err)}}
	}
	growth, grows := m.limits.judge(m.resource, &m.series, m.tolerance)
	if !grows {
		return nil
	}
	return []complaint{m.limits.complain(m.resource, growth, "")}
}
