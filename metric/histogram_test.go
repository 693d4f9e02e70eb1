package metric_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/govitals/govitals/metric"
)

// fill sorts the observations into buckets by comparing with both edges, as the
// comment of Histogram defines them.
func fill(schema, first, buckets int, observations []float64) *metric.Histogram {
	h := &metric.Histogram{Schema: schema, First: first, Counts: make([]uint64, buckets)}
	edge := func(i int) float64 { return math.Exp2(float64(i) / float64(int(1)<<schema)) }
	for _, x := range observations {
		h.Sum += x
		if x <= 0 {
			h.Zero++
			continue
		}
		for i := range h.Counts {
			if edge(first+i-1) < x && x <= edge(first+i) {
				h.Counts[i]++
			}
		}
	}
	return h
}

func TestCumulativeAgainstCounting(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for schema := range metric.MaxSchema + 1 {
		var observations []float64
		for range 200 {
			observations = append(observations, math.Exp2(random.Float64()*12-6))
		}
		observations = append(observations, -3, 0, 0.25, 1, 1, 2, 64) // on the edges, too
		h := fill(schema, -6<<schema, 12<<schema+1, observations)
		if got := h.Count(); got != uint64(len(observations)) {
			t.Fatalf("schema %d: count %d, want %d", schema, got, len(observations))
		}
		bounds := metric.PowersOfTwo(-8, 8)
		for i, got := range h.Cumulative(bounds) {
			want := uint64(0)
			for _, x := range observations {
				if x <= bounds[i] {
					want++
				}
			}
			if got != want {
				t.Errorf("schema %d: %d at or below %v, want %d", schema, got, bounds[i], want)
			}
		}
	}
}

func TestCumulativeOfNothing(t *testing.T) {
	if got := new(metric.Histogram).Cumulative([]float64{1, 2}); !slices.Equal(got, []uint64{0, 0}) {
		t.Errorf("got %v, want zeros", got)
	}
	if got := (&metric.Histogram{Zero: 3}).Cumulative(nil); len(got) != 0 {
		t.Errorf("got %v for no bounds", got)
	}
}

func TestPowersOfTwo(t *testing.T) {
	if got, want := metric.PowersOfTwo(-2, 3), []float64{0.25, 0.5, 1, 2, 4, 8}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := metric.PowersOfTwo(1, 0); len(got) != 0 {
		t.Errorf("got %v, want none", got)
	}
}

func TestClassicBounds(t *testing.T) {
	got := metric.Desc{}.ClassicBounds()
	if len(got) != 18 || got[0] != 1.0/8192 || got[17] != 16 {
		t.Errorf("default bounds %v, want 122 µs to 16 s", got)
	}
	d := metric.Desc{Bounds: []float64{1, 8}}
	d.ClassicBounds()[0] = 99
	if !slices.Equal(d.ClassicBounds(), []float64{1, 8}) {
		t.Errorf("bounds %v: the result has to be a copy", d.Bounds)
	}
}

func FuzzCumulative(f *testing.F) {
	f.Add(4, -20, uint64(3), []byte{1, 2, 3}, -13, 4)
	f.Add(8, 262100, uint64(0), []byte{1}, 1000, 1023)
	f.Fuzz(func(t *testing.T, schema, first int, zero uint64, counts []byte, from, to int) {
		h := &metric.Histogram{Schema: schema, First: first, Zero: zero % 1000}
		for _, n := range counts {
			h.Counts = append(h.Counts, uint64(n))
		}
		d := valid()
		d.Kind, d.Labels, d.Bounds = metric.KindHistogram, nil, metric.PowersOfTwo(max(from, -1074), min(to, 1023))
		if (metric.Sample{Desc: d, Histogram: h}).Validate() != nil {
			return
		}
		last := uint64(0)
		for i, n := range h.Cumulative(d.ClassicBounds()) {
			if n < last || n > h.Count() {
				t.Fatalf("bound %v: %d after %d of %d", d.Bounds[i], n, last, h.Count())
			}
			last = n
		}
	})
}
