package promguard

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
)

// foreign are vecs as other people's code has them.
func foreign() map[string]func(prometheus.Registerer) func(values ...string) any {
	labels := []string{"a"}
	constant := prometheus.Labels{"z": "1"}
	return map[string]func(prometheus.Registerer) func(values ...string) any{
		"counter": func(r prometheus.Registerer) func(values ...string) any {
			v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x", ConstLabels: constant}, labels)
			r.MustRegister(v)
			return func(values ...string) any { return v.WithLabelValues(values...) }
		},
		"histogram": func(r prometheus.Registerer) func(values ...string) any {
			v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, labels)
			r.MustRegister(v)
			return func(values ...string) any { return v.WithLabelValues(values...) }
		},
		"native histogram": func(r prometheus.Registerer) func(values ...string) any {
			v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "x", NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 30}, labels)
			r.MustRegister(v)
			return func(values ...string) any { return v.WithLabelValues(values...) }
		},
		"summary": func(r prometheus.Registerer) func(values ...string) any {
			v := prometheus.NewSummaryVec(prometheus.SummaryOpts{Name: "x"}, labels)
			r.MustRegister(v)
			return func(values ...string) any { return v.WithLabelValues(values...) }
		},
	}
}

// Vecs that nobody wrote for us lose nothing, though they are written to, swept and
// scraped at the same time.
func TestRegistererConservation(t *testing.T) {
	for name, register := range foreign() {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewPedanticRegistry()
			r := NewRegisterer(registry, cardinality.MaxSets(20), cardinality.Retention(8*time.Millisecond))
			look := register(r)
			var recorded atomic.Int64
			var sweeping atomic.Bool
			var sweeper, group sync.WaitGroup
			sweeping.Store(true)
			sweeper.Go(func() {
				for sweeping.Load() {
					r.sweep()
					time.Sleep(time.Millisecond)
				}
			})
			done := scrapes(t, registry)
			for worker := range 3 {
				group.Go(func() {
					for i := range 800 {
						a := fmt.Sprint(rand.IntN(10))
						if i%3 == 0 {
							a = fmt.Sprint("junk", worker, i)
						}
						record(look(a))
						recorded.Add(1)
						if i%80 == 0 {
							time.Sleep(3 * time.Millisecond)
						}
					}
				})
			}
			group.Wait()
			sweeping.Store(false)
			sweeper.Wait()
			done()
			family := gather(t, registry)["x"]
			if got, want := total(family), float64(recorded.Load()); got != want {
				t.Errorf("the series add up to %v of %v", got, want)
			}
			consistent(t, family)
			if n := len(family.GetMetric()); n > 20+1 {
				t.Errorf("%d series", n)
			}
			if n := len(r.fences[0].attached); n > 20 {
				t.Errorf("the vec holds %d sets", n)
			}
		})
	}
}

// Who keeps a child of a set that was not admitted goes on counting, if not in a
// series of its own, and however seldom.
func TestRegistererKeptChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		r := NewRegisterer(registry, cardinality.MaxSets(1))
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})
		r.MustRegister(v)
		v.WithLabelValues("first").Inc()
		r.sweep()
		v.WithLabelValues("third").Inc()
		kept := v.WithLabelValues("second")
		sweepFor(r, time.Second)
		for range 10 {
			kept.Inc()
			sweepFor(r, 5*time.Minute)
		}
		if got := total(gather(t, registry)["x"]); got != 12 {
			t.Errorf("%v of 12", got)
		}
		if n := len(r.fences[0].late); n != 1 {
			t.Errorf("%d deleted metrics are looked at, and one is in use", n)
		}
		v.DeleteLabelValues("first") // its owner may
		if got := total(gather(t, registry)["x"]); got != 11 {
			t.Errorf("%v of 11", got)
		}
	})
}

func sweepFor(r *Registerer, d time.Duration) {
	for begin := time.Now(); time.Since(begin) < d; time.Sleep(sweepEvery) {
		r.sweep()
	}
}

func TestRegistererRegister(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := NewRegisterer(registry, cardinality.MaxSets(5))
	newVec := func() *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})
	}
	v := newVec()
	r.MustRegister(v)
	err := r.Register(newVec())
	var already prometheus.AlreadyRegisteredError
	if !errors.As(err, &already) || already.ExistingCollector != v {
		t.Errorf("%v with %v: the vec to use instead is what libraries look for", err, already.ExistingCollector)
	}
	for i := range 100 {
		v.WithLabelValues(fmt.Sprint(i)).Inc()
	}
	if got := total(gather(t, registry)["x"]); got != 100 {
		t.Errorf("%v of 100", got)
	}
	exploded := r.Findings()
	if len(exploded) == 0 || exploded[0].State != finding.Exploded || exploded[0].Culprits[0].Name != "x{a}" {
		t.Errorf("findings %+v", exploded)
	}
	if !r.Unregister(v) || r.Unregister(v) || len(gather(t, registry)) != 0 || len(r.fences) != 0 {
		t.Error("Unregister does not find the vec")
	}
	if err := r.Register(newVec()); err != nil {
		t.Errorf("the name is still taken: %v", err)
	}
	if err := r.Register(nil); err == nil {
		t.Error("nil was registered")
	}
}

// A gauge that has no place is deleted: its value has no sum.
func TestRegistererGauges(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := NewRegisterer(registry, cardinality.MaxSets(3))
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, []string{"a"})
	r.MustRegister(v)
	for i := range 10 {
		v.WithLabelValues(fmt.Sprint(i)).Set(7)
	}
	family := gather(t, registry)["x"]
	if n := len(family.GetMetric()); n != 3 || total(family) != 21 {
		t.Errorf("%v", family)
	}
	if n := r.fences[0].dropped.Load(); n != 7 {
		t.Errorf("%d gauges counted as dropped", n)
	}
}

type composite struct{ *prometheus.CounterVec }

func (c composite) Describe(ch chan<- *prometheus.Desc) {
	c.CounterVec.Describe(ch)
	ch <- prometheus.NewDesc("another", "h", nil, nil)
}

// What cannot be bounded is named.
func TestRegistererComposite(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := NewRegisterer(registry)
	c := composite{prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})}
	r.MustRegister(c)
	for i := range cardinality.DefaultMaxSets + 1 {
		c.WithLabelValues(fmt.Sprint(i))
	}
	gather(t, registry)
	findings := r.Findings()
	last := findings[len(findings)-1]
	if last.State != finding.Exploded || last.Culprits[0].Name != "x" || !strings.Contains(last.Summary, "2001") {
		t.Errorf("%+v", findings)
	}
}

// Nobody scrapes, and the vec is bounded all the same.
func TestRegistererTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := WrapRegisterer(prometheus.NewRegistry(), cardinality.MaxSets(10)).(*Registerer)
		defer r.Close()
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})
		r.MustRegister(v)
		for second := range 20 {
			for i := range 50 {
				v.WithLabelValues(fmt.Sprint(second, i)).Inc()
			}
			time.Sleep(time.Second + sweepEvery/2)
			synctest.Wait()
			if metrics, _ := collectAll(v); len(metrics) > 10 {
				t.Fatalf("the vec holds %d sets after a second", len(metrics))
			}
		}
	})
}

func TestRegistererLifecycle(t *testing.T) {
	conform.Lifecycle(t, &Registerer{}, func() conform.Starter { return NewRegisterer(prometheus.NewRegistry()) })
}
