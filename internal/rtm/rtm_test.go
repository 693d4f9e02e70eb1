package rtm

import (
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
)

const pauses = "/sched/pauses/total/gc:seconds"

func TestUnknownNamesReadAsNothing(t *testing.T) {
	r := NewReader("/no/such:thing", "/gc/cycles/total:gc-cycles")
	h := Histogram{Counts: []uint64{1}, Edges: []float64{0, 1}}
	r.Read(func(v Values) {
		v.Histogram(0, &h)
		if v.Uint64(0) != 0 || v.Float64(0) != 0 || len(h.Counts) != 0 {
			t.Errorf("an unknown sample reads as %v, %v, %v; want nothing", v.Uint64(0), v.Float64(0), h)
		}
		if v.Float64(1) != 0 {
			t.Errorf("an integer reads as the float %v, want 0", v.Float64(1))
		}
	})
	if missing := r.Missing(); !slices.Equal(missing, []string{"/no/such:thing"}) {
		t.Errorf("missing are %q", missing)
	}
}

// Each collection stops the world twice, and debug.GCStats has the sum of both.
func TestHistogramAgreesWithGCStats(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collect only when told to
	r := NewReader(pauses, "/gc/cycles/total:gc-cycles")
	var before, after Histogram
	var cycles uint64
	r.Read(func(v Values) { v.Histogram(0, &before); cycles = v.Uint64(1) })
	for range 5 {
		runtime.GC()
	}
	r.Read(func(v Values) { v.Histogram(0, &after); cycles = v.Uint64(1) - cycles })
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	if got := after.Gained(&before); got != 2*cycles {
		t.Errorf("%d pauses in %d collections, want two for each", got, cycles)
	}
	longest := slices.Max(stats.Pause[:min(int(cycles), len(stats.Pause))]).Seconds() // the latest first
	if got := after.Quantile(&before, 1); got > 4*longest || got < longest/4 {
		t.Errorf("the longest pause is %v s, GCStats has %v s for both of a collection", got, longest)
	}
}

func TestCopiesAreOurOwn(t *testing.T) {
	r := NewReader(pauses)
	var first, second Histogram
	r.Read(func(v Values) { v.Histogram(0, &first) })
	kept := slices.Clone(first.Counts)
	runtime.GC()
	r.Read(func(v Values) { v.Histogram(0, &second) })
	if !slices.Equal(first.Counts, kept) {
		t.Error("a later read changed an earlier copy")
	}
	if n := testing.AllocsPerRun(100, func() { r.Read(func(v Values) { v.Histogram(0, &second) }) }); n != 0 {
		t.Errorf("a read into the same histogram allocates %v times, want 0", n)
	}
}

// The quantile must be the upper edge of the bucket of the value that sorting
// finds.
func TestQuantileAgainstSorting(t *testing.T) {
	edges := []float64{math.Inf(-1), 0, 1, 2, 4, 8, math.Inf(1)}
	upper := func(x float64) float64 {
		i := slices.IndexFunc(edges, func(edge float64) bool { return x < edge })
		if math.IsInf(edges[i], 1) {
			return edges[i-1]
		}
		return edges[i]
	}
	for range 200 {
		earlier := &Histogram{Counts: make([]uint64, 6), Edges: edges}
		h := &Histogram{Edges: edges}
		for i := range earlier.Counts {
			earlier.Counts[i] = rand.Uint64N(5)
		}
		h.Counts = slices.Clone(earlier.Counts)
		var values []float64
		for range 1 + rand.IntN(40) {
			x := rand.Float64()*12 - 2
			values = append(values, x)
			h.Counts[slices.IndexFunc(edges, func(edge float64) bool { return x < edge })-1]++
		}
		slices.Sort(values)
		for _, q := range []float64{0, 0.5, 0.99, 1} {
			rank := max(1, int(math.Ceil(q*float64(len(values)))))
			if got, want := h.Quantile(earlier, q), upper(values[rank-1]); got != want {
				t.Fatalf("quantile %v of %v is %v, want %v", q, values, got, want)
			}
		}
	}
}

func TestQuantilesThatAreNone(t *testing.T) {
	h := Histogram{Counts: []uint64{1, 1, 1}, Edges: []float64{0, 1, 2, 3}}
	for q, want := range map[float64]float64{-1: 1, math.Inf(-1): 1, math.NaN(): 1, 2: 3, math.Inf(1): 3} {
		if got := h.Quantile(&Histogram{}, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}

func TestQuantileOfNothing(t *testing.T) {
	var empty Histogram
	if got := empty.Quantile(&Histogram{}, 0.5); got != 0 {
		t.Errorf("the median of nothing is %v, want 0", got)
	}
}
