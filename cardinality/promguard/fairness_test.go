package promguard

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

// A burst of junk of ten times the cap comes first, and most of what follows is junk
// too. A route with 1 % of the traffic has its own series within twice Retention.
// Sets are demoted only while they are unused: one that is used in every Retention
// keeps its place, junk or not.
func TestRouteAfterJunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"path"}, cardinality.MaxSets(100))
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(v)
		v.With1("/stubborn").Inc() // the first of the junk is used again and again
		junk, recorded := 0, 1.0
		burst := func(n int) {
			for range n {
				junk++
				v.With1(fmt.Sprint("/junk/", junk)).Inc()
			}
			recorded += float64(n)
		}
		burst(1000)
		for begin := time.Now(); time.Since(begin) < 2*cardinality.DefaultRetention; time.Sleep(4 * time.Second) {
			burst(98)
			v.With1("/route").Inc()
			v.With1("/stubborn").Inc()
			recorded += 2
		}
		family := gather(t, registry)["x"]
		own := map[string]float64{}
		for _, m := range family.GetMetric() {
			own[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
		if own["/route"] == 0 || own["/stubborn"] != 61 {
			t.Errorf("/route has %v of its own, /stubborn %v of 61", own["/route"], own["/stubborn"])
		}
		if got := total(family); got != recorded {
			t.Errorf("the series add up to %v of %v", got, recorded)
		}
		if n := len(own); n > 100+1 {
			t.Errorf("%d series", n)
		}
	})
}
