package watch

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Two figures that both grow always correlate; so do two that follow the load. At most
// 2 % of the innocent may be accused in all of their life: BenchmarkFalseAlarms plays
// more of it.
func TestMemoryIsNotAccusedWithoutNeed(t *testing.T) {
	const seeds = 4
	accused := 0
	for name, s := range innocent {
		for seed := range uint64(seeds) {
			if fired, said := s.plays(seed, 600, 40); fired {
				accused++
				t.Logf("%s, seed %d: %+v", name, seed, said)
			}
		}
	}
	if lives := seeds * len(innocent); accused > lives/50 {
		t.Errorf("%d of %d innocent are accused, want at most 2 %%", accused, lives)
	}
}

func TestResponseTimeThatFollowsMemoryIsFound(t *testing.T) {
	const seeds = 4
	for name, s := range guilty {
		found := 0
		for seed := range uint64(seeds) {
			fired, said := s.plays(seed, 600, 40)
			if !fired {
				continue
			}
			found++
			if said.least > said.link || said.link > said.most || said.slow < slower*said.quick || said.muchMemory < said.littleMemory {
				t.Errorf("%s, seed %d: the figures do not fit: %+v", name, seed, said)
			}
		}
		if found < seeds-1 {
			t.Errorf("%s: found in %d of %d lives", name, found, seeds)
		}
	}
}

// The line is known: a millisecond for each 10 of memory.
func TestHowMuchSlowerItGets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var memory, response, load []float64
	for range keptPoints {
		m := 100 + 900*r.Float64()
		memory, response, load = append(memory, m), append(response, m/10), append(load, 100)
	}
	c := couple(memory, response, load)
	if !c.follows() || math.Abs(c.slow-c.muchMemory/10) > 1e-9 || math.Abs(c.quick-c.littleMemory/10) > 1e-9 {
		t.Errorf("said %+v, want ten times as much memory as time", c)
	}
	if math.Abs(c.littleMemory-250) > 60 || math.Abs(c.muchMemory-850) > 60 {
		t.Errorf("little memory is %v and much is %v, want 250 and 850", c.littleMemory, c.muchMemory)
	}
}

func TestPointsWithoutRequestsDoNotCount(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var memory, response, load []float64
	for i := range keptPoints {
		memory, response, load = append(memory, 100+900*r.Float64()), append(response, math.NaN()), append(load, 100)
		if i%10 == 0 {
			response[i] = memory[i] / 10
		}
	}
	if c := couple(memory, response, load); c.points != 26 || c.follows() {
		t.Errorf("said %+v of 26 points, want nothing before 32", c)
	}
	for _, empty := range [][]float64{nil, {math.NaN()}} {
		if c := couple(empty, empty, empty); c.follows() {
			t.Errorf("said %+v of nothing", c)
		}
	}
}

// Spearman's example values, worked out by hand: 1 - 6Σd²/(n(n²-1)).
func TestRankCorrelation(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3, 4, 5}, []float64{2, 1, 4, 3, 5}, 1 - 6*4.0/120},
		{[]float64{1, 2, 3, 4, 5}, []float64{50, 40, 30, 20, -1e9}, -1},
		{[]float64{1, 2, 2, 3}, []float64{1, 2, 3, 4}, 4.5 / math.Sqrt(4.5*5)},
		{[]float64{7, 7, 7}, []float64{1, 2, 3}, 0},
	} {
		if got := correlation(ranks(c.a), ranks(c.b), 0); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("correlation of %v and %v is %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func FuzzCouple(f *testing.F) {
	f.Add(uint64(1), 40, 1.0)
	f.Fuzz(func(t *testing.T, seed uint64, n int, scale float64) {
		r := rand.New(rand.NewPCG(seed, 1))
		var all [3][]float64
		for range n & 511 {
			for i := range all {
				all[i] = append(all[i], scale*math.Trunc(3*r.NormFloat64()))
			}
		}
		c := couple(all[0], all[1], all[2])
		if math.Abs(c.link) > 1 || math.IsNaN(c.least) || math.IsNaN(c.errors) {
			t.Errorf("%+v", c)
		}
	})
}
