package promguard

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
)

// A child that was kept finds its own set again, also that of a value from outside that
// looks like the marker.
func TestKeptForged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"}, cardinality.MaxSets(4))
		kept := v.With1(cardinality.DefaultMarker)
		kept.Inc()
		for i := range 1200 {
			v.With1(fmt.Sprint(i % 5)).Inc()
			time.Sleep(time.Second)
		}
		if v.Guard().Stats().Demoted == 0 {
			t.Fatal("the set was not demoted")
		}
		v.Reset() // there is room again
		kept.Inc()
		if _, ok := v.sets.Peek(cardinality.DefaultMarker); !ok {
			for set := range v.sets.Sets() {
				t.Errorf("the set is %q now", set.Values)
			}
		}
	})
}
