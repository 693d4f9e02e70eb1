package cardinality_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/govitals/govitals/cardinality"
)

func none([]string) int { return 0 }

// A group has back all that its vecs took, whatever the values were that show the
// marker.
func TestGroupBudgetAfterReset(t *testing.T) {
	group := cardinality.NewGroup(cardinality.GroupConfig{})
	v := cardinality.NewVec([]string{"a", "b"}, none, cardinality.In(group), cardinality.MaxSets(8),
		cardinality.MaxValues("a", 2), cardinality.Allow("b", "x"))
	for range 3 {
		for i := range 20 {
			long := strings.Repeat(fmt.Sprint(i%10), 500)
			v.With(long, "x")
			v.With("1", long)
			v.With(long, long)
		}
		if held, sum := v.Guard().Stats().Bytes, group.Bytes(); held != sum {
			t.Errorf("the vec holds %d bytes, and the group counts %d", held, sum)
		}
		v.Reset()
	}
	if n := group.Bytes(); n != 0 {
		t.Errorf("%d bytes of the budget are lost", n)
	}
}

// The largest budget is one: labels that do not explode stay true.
func TestMaxBytesLargest(t *testing.T) {
	v := cardinality.NewVec([]string{"path", "method"}, none, cardinality.MaxBytes(math.MaxInt64), cardinality.MaxSets(80))
	for i := range 200 {
		v.With(fmt.Sprint(i), "GET")
	}
	for values := range v.All() {
		if values[1] != "GET" {
			t.Errorf("%q", values)
		}
	}
}
