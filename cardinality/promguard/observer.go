package promguard

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// observer is the child of a histogram or a summary.
type observer struct {
	life
	metric prometheus.Observer
	owner  *table[*observer]
	values []string

	mu     sync.Mutex
	into   *observer // where the set was demoted to
	folded *tally    // what of this child was added there
	gained *tally    // what was added to this child
}

func newObserver(owner *table[*observer], values []string) *observer {
	metric, bits := owner.maker.make(values)
	o := &observer{metric: metric.(prometheus.Observer), owner: owner, values: values}
	o.bits.Store(bits)
	return o
}

// Observe implements [prometheus.Observer].
func (o *observer) Observe(value float64) {
	if !o.enter() {
		o = o.owner.again(o.values)
	}
	o.metric.Observe(value)
	if !o.leave() {
		o.settle()
	}
}

// ObserveWithExemplar implements [prometheus.ExemplarObserver]. Where exemplars
// do not go, or the labels of this one are not valid, the value alone is recorded.
func (o *observer) ObserveWithExemplar(value float64, exemplar prometheus.Labels) {
	if !o.enter() {
		o = o.owner.again(o.values)
	}
	if takes, ok := o.metric.(prometheus.ExemplarObserver); ok {
		o.owner.drops.exemplar(func() { takes.ObserveWithExemplar(value, exemplar) })
	} else {
		o.metric.Observe(value)
	}
	if !o.leave() {
		o.settle()
	}
}

// Fold implements [cardinality.Folder].
func (o *observer) Fold(into *observer) {
	o.demote(into)
	o.settle()
}

func (o *observer) demote(into *observer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.into = into
	o.bits.Or(demoted)
}

// settle adds to the other child what was recorded since the last time.
func (o *observer) settle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	data, err := read(o.bare())
	if o.into == nil || err != nil {
		return
	}
	now := readTally(data)
	o.into.gain(now, o.folded)
	o.folded = now
}

// gain takes over what is in now and was not in before.
func (o *observer) gain(now, before *tally) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gained == nil {
		o.gained = &tally{}
	}
	o.gained.add(now, before)
}

// Retire implements [cardinality.Retirer].
func (o *observer) Retire() { o.owner.maker.retire(o.values) }

func (o *observer) bare() prometheus.Metric { return o.metric.(prometheus.Metric) }

// Desc implements [prometheus.Metric].
func (o *observer) Desc() *prometheus.Desc { return o.bare().Desc() }

// Write implements [prometheus.Metric].
func (o *observer) Write(out *dto.Metric) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.bare().Write(out)
	if o.gained != nil && err == nil {
		o.gained.addTo(out)
	}
	return err
}

// Describe implements [prometheus.Collector].
func (o *observer) Describe(ch chan<- *prometheus.Desc) { ch <- o.Desc() }

// Collect implements [prometheus.Collector].
func (o *observer) Collect(ch chan<- prometheus.Metric) { ch <- o }

// exemplar calls a function of client_golang that records a value first and then
// panics if the exemplar is not valid.
func (d *drops) exemplar(record func()) {
	defer func() {
		if recover() != nil {
			d.exemplars.Add(1)
		}
	}()
	record()
}
