package promguard

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// gauge is the child of a vec of gauges.
//
// What was added and subtracted can be summed up over sets, so it goes on in the
// overflow. A value that was set can not: there Set does nothing but count, and a
// gauge that was ever set keeps its place.
type gauge struct {
	life
	metric prometheus.Gauge
	owner  *table[*gauge]
	values []string

	mu     sync.Mutex
	into   *gauge  // where the set was demoted to
	folded float64 // what of this child was added there
}

func newGauge(owner *table[*gauge], values []string) *gauge {
	metric, bits := owner.maker.make(values)
	g := &gauge{metric: metric.(prometheus.Gauge), owner: owner, values: values}
	g.bits.Store(bits)
	return g
}

// Set implements [prometheus.Gauge]. On a gauge that stands for many sets it does
// nothing but count.
func (g *gauge) Set(value float64) {
	if !g.enter() {
		g = g.owner.again(g.values)
	}
	if g.is(shared) {
		g.owner.drops.gaugeSets.Add(1)
		return
	}
	if !g.is(pinned) {
		g.bits.Or(pinned)
	}
	g.metric.Set(value)
	if !g.leave() {
		g.owner.again(g.values).Set(value)
	}
}

// SetToCurrentTime implements [prometheus.Gauge].
func (g *gauge) SetToCurrentTime() { g.Set(float64(time.Now().UnixNano()) / 1e9) }

// Inc implements [prometheus.Gauge].
func (g *gauge) Inc() { g.Add(1) }

// Dec implements [prometheus.Gauge].
func (g *gauge) Dec() { g.Add(-1) }

// Sub implements [prometheus.Gauge].
func (g *gauge) Sub(value float64) { g.Add(-value) }

// Add implements [prometheus.Gauge].
func (g *gauge) Add(value float64) {
	if !g.enter() {
		g = g.owner.again(g.values)
	}
	g.metric.Add(value)
	if !g.leave() {
		g.settle()
	}
}

// Fold implements [cardinality.Folder].
func (g *gauge) Fold(into *gauge) {
	g.demote(into)
	g.settle()
}

func (g *gauge) demote(into *gauge) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.into = into
	g.bits.Or(demoted)
}

// settle adds to the other child what was recorded since the last time.
func (g *gauge) settle() {
	g.mu.Lock()
	defer g.mu.Unlock()
	data, err := read(g.metric)
	if g.into == nil || g.is(pinned) || err != nil {
		return // pinned: it was set for the first time while it was being demoted
	}
	now := data.GetGauge().GetValue()
	g.into.metric.Add(sumSince(now, g.folded))
	g.folded = now
}

// Retire implements [cardinality.Retirer].
func (g *gauge) Retire() { g.owner.maker.retire(g.values) }

func (g *gauge) bare() prometheus.Metric { return g.metric }

// Desc implements [prometheus.Metric].
func (g *gauge) Desc() *prometheus.Desc { return g.metric.Desc() }

// Write implements [prometheus.Metric].
func (g *gauge) Write(out *dto.Metric) error { return g.metric.Write(out) }

// Describe implements [prometheus.Collector].
func (g *gauge) Describe(ch chan<- *prometheus.Desc) { ch <- g.Desc() }

// Collect implements [prometheus.Collector].
func (g *gauge) Collect(ch chan<- prometheus.Metric) { ch <- g }
