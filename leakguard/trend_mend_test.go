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

// A window is taken apart where one step explains the most, and only both sides together
// say that it grows.
func TestTrendTakeApart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		value     func(i int) float64
		at        int // of the step, 0 = none
		bothGrow  bool
		leastRise float64 // in a bucket, of the level
	}{
		"a step on a slope":    {func(i int) float64 { return 1 + 0.01*float64(i) + above(i, 20) }, 20, true, 0.004},
		"a step":               {func(i int) float64 { return 1 + above(i, 30) }, 30, false, 0},
		"a slope":              {func(i int) float64 { return 1 + 0.01*float64(i) }, 0, true, 0},
		"a slope that ends":    {func(i int) float64 { return 1 + 0.02*float64(min(i, 24)) + above(i, 24) }, 24, false, 0},
		"a step near the edge": {func(i int) float64 { return 1 + above(i, 3) }, 0, false, 0},
	} {
		w := window{width: 1}
		rnd := rand.New(rand.NewPCG(1, 3))
		for i := range bucketCount {
			w.add(int64(i), &bucket{value: test.value(i) + 0.002*rnd.NormFloat64(), load: 1, points: 1}, 0)
		}
		w.closeLife()
		w.scale()
		apart := w.takeApart()
		if apart != (test.at > 0) || apart && (w.life[test.at-1] == w.life[test.at]) {
			t.Errorf("%s: taken apart is %v, lives %v", name, apart, w.life)
			continue
		}
		if _, f := w.line(); apart && (w.bothRise(&f) && f.best > test.leastRise) != test.bothGrow {
			t.Errorf("%s: the sides do not say together whether it grows; the line rises by %v", name, f.best)
		}
	}
}

// above is the height of a step that lies at a bucket.
func above(i, step int) float64 {
	if i < step {
		return 0
	}
	return 0.5
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
