package leakguard

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// What stays off the line to the end, or for long, is no excursion.
func TestTrendOutliers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, to int
		want     bool
	}{
		"three in the middle": {20, 23, true},
		"six in the middle":   {20, 26, false},
		"the last two":        {46, 48, false},
		"none":                {0, 0, false},
	} {
		w := window{lives: 1}
		rnd := rand.New(rand.NewPCG(1, 1))
		for i := range bucketCount {
			w.add(int64(i), &bucket{value: 1 + 0.001*rnd.NormFloat64(), load: 1, points: 1}, 0)
			w.t[i] = w.at[i]
		}
		for i := test.from; i < test.to; i++ {
			w.y[i] -= 0.5
		}
		if got := w.dropOutliers(&fit{}); got != test.want || got && w.n != bucketCount-(test.to-test.from) {
			t.Errorf("%s: dropped is %v, %d points are left", name, got, w.n)
		}
	}
}

func TestNth(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 60; n++ {
		list := make([]float64, n)
		for i := range list {
			list[i] = float64(rnd.IntN(20))
		}
		want := slices.Sorted(slices.Values(list))
		if place := rnd.IntN(n); nth(list, place) != want[place] {
			t.Errorf("place %d of %v is not %v", place, want, want[place])
		}
	}
}
