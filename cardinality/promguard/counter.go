package promguard

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// counter is the child of a vec of counters.
type counter struct {
	life
	metric prometheus.Counter
	owner  *table[*counter]
	values []string

	mu     sync.Mutex
	into   *counter // where the set was demoted to
	folded float64  // what of this child was added there
}

func newCounter(owner *table[*counter], values []string) *counter {
	metric, bits := owner.maker.make(values)
	c := &counter{metric: metric.(prometheus.Counter), owner: owner, values: values}
	c.bits.Store(bits)
	return c
}

// Inc implements [prometheus.Counter].
func (c *counter) Inc() {
	if !c.enter() {
		c = c.owner.again(c.values)
	}
	c.metric.Inc()
	if !c.leave() {
		c.settle()
	}
}

// Add implements [prometheus.Counter]. What is negative or not a number is counted
// as dropped.
func (c *counter) Add(value float64) {
	if !(value >= 0) {
		c.owner.drops.counterValues.Add(1)
		return
	}
	if !c.enter() {
		c = c.owner.again(c.values)
	}
	c.metric.Add(value)
	if !c.leave() {
		c.settle()
	}
}

// AddWithExemplar implements [prometheus.ExemplarAdder]. If the labels of the
// exemplar are not valid, the value alone is recorded.
func (c *counter) AddWithExemplar(value float64, exemplar prometheus.Labels) {
	takes, ok := c.metric.(prometheus.ExemplarAdder)
	if !ok || !(value >= 0) {
		c.Add(value)
		return
	}
	if !c.enter() {
		c = c.owner.again(c.values)
		takes = c.metric.(prometheus.ExemplarAdder)
	}
	c.owner.drops.exemplar(func() { takes.AddWithExemplar(value, exemplar) })
	if !c.leave() {
		c.settle()
	}
}

// Fold implements [cardinality.Folder].
func (c *counter) Fold(into *counter) {
	c.demote(into)
	c.settle()
}

func (c *counter) demote(into *counter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.into = into
	c.bits.Or(demoted)
}

// settle adds to the other child what was recorded since the last time.
func (c *counter) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, err := read(c.metric)
	if c.into == nil || err != nil {
		return
	}
	now := data.GetCounter().GetValue()
	if more := sumSince(now, c.folded); more > 0 {
		c.into.metric.Add(more)
	}
	c.folded = now
}

// Retire implements [cardinality.Retirer].
func (c *counter) Retire() { c.owner.maker.retire(c.values) }

func (c *counter) bare() prometheus.Metric { return c.metric }

// Desc implements [prometheus.Metric].
func (c *counter) Desc() *prometheus.Desc { return c.metric.Desc() }

// Write implements [prometheus.Metric].
func (c *counter) Write(out *dto.Metric) error { return c.metric.Write(out) }

// Describe implements [prometheus.Collector].
func (c *counter) Describe(ch chan<- *prometheus.Desc) { ch <- c.Desc() }

// Collect implements [prometheus.Collector].
func (c *counter) Collect(ch chan<- prometheus.Metric) { ch <- c }
