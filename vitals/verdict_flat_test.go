package vitals

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/heap"
)

// liveHistory is what a monitor saw, a value each minute.
func liveHistory(values func(minute int) float64, minutes int) (points []heap.HistoryPoint) {
	for i := range minutes {
		v := float32(values(i))
		points = append(points, heap.HistoryPoint{At: noon.Add(time.Duration(i) * time.Minute), Live: heap.Range{Min: v, Max: v, Last: v}})
	}
	return points
}

func TestFlatness(t *testing.T) {
	const level = 100 << 20
	wave := func(share float64) func(int) float64 {
		return func(i int) float64 { return level * (1 + share*math.Sin(float64(i))) }
	}
	cases := map[string]struct {
		values       func(int) float64
		atLeast, max time.Duration
		share        float64 // at most; the true one is at least half of it
	}{
		"flat":              {wave(0.012), 359 * time.Minute, 6 * time.Hour, 0.0125},
		"rising":            {func(i int) float64 { return level * (1 + float64(i)/100) }, 0, 0, 1},
		"up and down":       {wave(0.5), 0, 0, 1},
		"flat after a rise": {func(i int) float64 { return level * (1 + min(float64(i), 120)/60) }, 3 * time.Hour, 280 * time.Minute, 0.06},
		"small and uneasy":  {func(i int) float64 { return 1<<20 + 200<<10*math.Sin(float64(i)) }, 359 * time.Minute, 6 * time.Hour, 0.21},
		"unknown":           {func(int) float64 { return math.NaN() }, 0, 0, 1},
	}
	for name, c := range cases {
		f := flatnessOf(liveHistory(c.values, 360))
		if f.span < c.atLeast || f.span > c.max || f.share > c.share {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := flatnessOf(nil); f.span != 0 {
		t.Errorf("of nothing: %+v", f)
	}
}

func TestFlatnessOfNextToNothingIsInBytes(t *testing.T) {
	if said := (flatness{level: 400 << 10, share: 1.25, span: time.Hour}).String(); !strings.Contains(said, "(±500 KiB)") {
		t.Errorf("said is %q", said)
	}
	if said := (flatness{level: 12 << 20, share: 0.012, span: time.Hour}).String(); !strings.Contains(said, "(±1.2 %)") {
		t.Errorf("said is %q", said)
	}
}
