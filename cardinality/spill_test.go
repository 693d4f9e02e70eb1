package cardinality_test

import (
	"math/rand/v2"
	"testing"

	"github.com/govitals/govitals/cardinality"
)

// Junk in one label leaves the others true, whichever label it is, and whatever limit
// refuses it: the sums by the other labels are those of counting.
func TestJunkLeavesOtherLabelsTrue(t *testing.T) {
	for _, labels := range [][]string{{"a"}, {"a", "b"}, {"a", "b", "c"}, {"a", "b", "c", "d"}} {
		for junk := range labels {
			for _, option := range []cardinality.Option{cardinality.MaxSets(400), cardinality.MaxValues(labels[junk], 50)} {
				keepsOthers(t, cardinality.NewVec(labels, newCounter, option), junk)
			}
		}
	}
}

func keepsOthers(t *testing.T, v *cardinality.Vec[*counter], junk int) {
	random := rand.New(rand.NewPCG(1, uint64(junk)))
	counted, others := map[string]int64{}, []string{"GET", "a-longer-value"}
	add := func(sums map[string]int64, values []string, n int64) {
		for i, value := range values {
			if i != junk {
				sums[v.Labels()[i]+value] += n
			}
		}
	}
	for i := range 5000 {
		values := make([]string, len(v.Labels()))
		for at := range values {
			values[at] = others[random.IntN(len(others))]
		}
		values[junk] = pathNumber(i)
		v.With(values...).Add(1)
		add(counted, values, 1)
	}
	kept := map[string]int64{}
	for values, c := range v.All() {
		add(kept, values, c.n.Load())
	}
	for value, n := range counted {
		want(t, "label and value "+value, kept[value], n)
	}
	want(t, "total", total(v), 5000)
	if s := v.Guard().Stats(); s.Overflowed < 4500 || s.Overflowed > 4960 {
		t.Errorf("%d of 5000 lookups overflowed", s.Overflowed)
	}
}
