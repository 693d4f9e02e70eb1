package promguard

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// mortal is a child that may be demoted while it is recorded in.
type mortal[T any] interface {
	prometheus.Metric
	enter() bool
	leave() bool
	settle()
	demote(into T)
}

// actor does one thing in several steps, one of which other actors may come between.
type actor []func()

// orders calls run with every order of the steps of some actors: each step by the
// number of its actor.
func orders(actors []actor, run func(order []int)) {
	left := make([]int, len(actors))
	total := 0
	for i, a := range actors {
		left[i] = len(a)
		total += len(a)
	}
	var order []int
	var next func()
	next = func() {
		if len(order) == total {
			run(order)
			return
		}
		for i := range left {
			if left[i] > 0 {
				left[i]--
				order = append(order, i)
				next()
				order = order[:len(order)-1]
				left[i]++
			}
		}
	}
	next()
}

// recording is Observe, Inc and Add: whatever is done between two of its steps, it
// is done in one of these orders.
func recording[T mortal[T]](child T, again func() T, record func(T)) actor {
	at := child
	return actor{
		func() {
			if !at.enter() {
				at = again()
			}
		},
		func() { record(at) },
		func() {
			if !at.leave() {
				at.settle()
			}
		},
	}
}

// everyOrder has two goroutines record while a set is demoted and folded again, in
// all orders that there are, and checks that the overflow has both in the end.
func everyOrder[T mortal[T]](t *testing.T, fresh func() (child, overflow T), record func(T)) {
	t.Helper()
	var child, overflow T
	actors := func() []actor {
		child, overflow = fresh()
		again := func() T { return overflow }
		return []actor{
			recording(child, again, record),
			recording(child, again, record),
			{func() { child.demote(overflow) }, func() { child.settle() }, func() { child.demote(overflow) }, func() { child.settle() }},
		}
	}
	tried := 0
	orders(actors(), func(order []int) {
		tried++
		now, step := actors(), make([]int, 3)
		for _, who := range order {
			now[who][step[who]]()
			step[who]++
		}
		if got := frozenTotal(overflow); got != 2 {
			t.Fatalf("in the order %v the overflow has %v of 2", order, got)
		}
	})
	if tried != 4200 {
		t.Errorf("%d orders tried, there are 10!/(3! 3! 4!)", tried)
	}
}

// Whatever the order in which goroutines meet, nothing is lost and nothing counted
// twice. Between these steps there is no other that they could come between: the
// bits change at once, settle holds a lock, and the metrics of client_golang
// record at once as far as Write can see.
func TestEveryOrder(t *testing.T) {
	t.Run("histogram", func(t *testing.T) {
		v := NewHistogramVec(prometheus.HistogramOpts{Name: "x", Buckets: []float64{1}}, []string{"a"})
		everyOrder(t, func() (child, overflow *observer) {
			return newObserver(v.table, []string{"1"}), newObserver(v.table, []string{"2"})
		}, func(o *observer) { o.metric.Observe(1) })
	})
	t.Run("counter", func(t *testing.T) {
		v := NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})
		everyOrder(t, func() (child, overflow *counter) {
			return newCounter(v.table, []string{"1"}), newCounter(v.table, []string{"2"})
		}, func(c *counter) { c.metric.Inc() })
	})
	t.Run("gauge", func(t *testing.T) {
		v := NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, []string{"a"})
		everyOrder(t, func() (child, overflow *gauge) {
			return newGauge(v.table, []string{"1"}), newGauge(v.table, []string{"2"})
		}, func(g *gauge) { g.metric.Inc() })
	})
}

// The methods go through these steps: a set is demoted just before and just after
// the value is recorded.
func TestStepsOfMethods(t *testing.T) {
	v := NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, []string{"a"})
	for i, when := range []func(fold func(), record func()){
		func(fold, record func()) { fold(); record() },
		func(fold, record func()) { record(); fold() },
	} {
		o := v.sets.With(fmt.Sprint(i))
		bare := o.metric.(prometheus.Histogram)
		o.metric = between{bare, func(value float64) {
			when(func() { o.Fold(v.sets.Overflow()) }, func() { bare.Observe(value) })
		}}
		o.Observe(1)
		o.Observe(1)
		if got, want := frozenTotal(v.sets.Overflow()), float64(2*(i+1)); got != want {
			t.Errorf("case %d: the overflow has %v of %v", i, got, want)
		}
	}
}

type between struct {
	prometheus.Histogram
	observe func(float64)
}

func (b between) Observe(v float64) { b.observe(v) }
