package vitals

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/text"
)

// flatness says that live memory has been flat.
type flatness struct {
	level float64 // bytes
	share float64 // of the level, that it went up and down by at most, but for one time in ten
	span  time.Duration
}

// String is the sentence.
func (f flatness) String() string {
	width := fmt.Sprintf("%.1f %%", 100*f.share)
	if f.share > flatShare { // of next to nothing
		width = text.Figure(f.share*f.level, "By")
	}
	return fmt.Sprintf("Live memory, what survives garbage collection, has been flat at %s for %s (±%s).",
		text.Figure(f.level, "By"), text.Duration(f.span), width)
}

const (
	flatPoints = 12          // at least
	flatSpan   = time.Minute // at least
	flatDrift  = 0.025       // of the level, between the first and the last third; what leakguard.Trend takes for too little
	flatShare  = 0.15        // beyond it nobody would say flat
	flatBytes  = 512 << 10   // or by so little, which a small service needs for its tables
)

// flatnessOf finds the longest time up to now in which live memory was flat; its span
// is 0 if there is none.
func flatnessOf(points []heap.HistoryPoint) flatness {
	points = slices.DeleteFunc(points, func(p heap.HistoryPoint) bool { return !p.Live.Known() })
	for len(points) >= flatPoints {
		if f := spread(points); f.span >= flatSpan && (f.share <= flatShare || f.share*f.level <= flatBytes) {
			return f
		}
		points = points[len(points)/8+1:]
	}
	return flatness{}
}

// spread measures how flat the points are; the share is infinite where they drift.
func spread(points []heap.HistoryPoint) flatness {
	values := make([]float64, len(points))
	for i, p := range points {
		values[i] = float64(p.Live.Last)
	}
	third := len(values) / 3
	drift := math.Abs(quantile(values[len(values)-third:], 0.5) - quantile(values[:third], 0.5))
	f := flatness{level: quantile(values, 0.5), span: points[len(points)-1].At.Sub(points[0].At)}
	wide := quantile(values, 0.95) - quantile(values, 0.05)
	f.share = wide / 2 / max(f.level, 1)
	if drift > max(flatDrift*f.level, flatBytes) || drift > max(flatDrift*f.level, flatBytes)/10 && drift > wide/2 {
		f.share = math.Inf(1) // of a line that rises the drift is three quarters of the width
	}
	return f
}

// quantile leaves the values as they are.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}
