package usage

import (
	"math"
	"math/rand/v2"
	"testing"
)

// looked is when a loop of n iterations is looked at: nine times after the first
// fifth.
func looked(n int) []int {
	var at []int
	for step := range 9 {
		at = append(at, n/5+(n-n/5)*step/8)
	}
	return at
}

func seriesOf(n int, held func(iteration int) float64) *Series {
	s := &Series{}
	for _, at := range looked(n) {
		s.Add(at, held(at))
	}
	return s
}

func TestGrowthIsTold(t *testing.T) {
	count, bytes := Tolerance{Total: 3}, Tolerance{Total: 64 << 10}
	objects := Tolerance{Total: 1000, Steady: 0.75}
	tests := map[string]struct {
		held      func(i int) float64
		tolerance Tolerance
		grows     bool
	}{
		"nothing":                 {func(int) float64 { return 7 }, count, false},
		"one each time":           {func(i int) float64 { return float64(i) }, count, true},
		"one in ten":              {func(i int) float64 { return float64(i / 10) }, count, true},
		"one in forty":            {func(i int) float64 { return float64(i / 40) }, count, false},
		"a pool of 30":            {func(i int) float64 { return float64(min(i, 30)) }, count, false},
		"a pool of 38":            {func(i int) float64 { return float64(min(i, 38)) }, count, false},
		"a pool of 5 and one":     {func(i int) float64 { return float64(min(i, 15) + i) }, count, true},
		"random keys of 20":       {func(i int) float64 { return 20 * (1 - math.Pow(0.95, float64(i))) }, count, false},
		"a step":                  {func(i int) float64 { return 100 * float64(i/30) }, count, false},
		"a peak at the end":       {func(i int) float64 { return 100 * float64(i/50) }, count, false},
		"falling":                 {func(i int) float64 { return float64(100 - i) }, count, false},
		"up and down":             {func(i int) float64 { return float64(i * (60 - i)) }, count, false},
		"bytes":                   {func(i int) float64 { return float64(3 << 10 * i) }, bytes, true},
		"bytes below noise":       {func(i int) float64 { return float64(1 << 10 * i) }, bytes, false},
		"a slice that grows":      {func(i int) float64 { return 1 << 20 * math.Pow(1.25, math.Floor(math.Log(float64(i))/math.Log(1.25))) }, bytes, true},
		"an object each time":     {func(i int) float64 { return float64(5000 + i) }, objects, true},
		"an object every other":   {func(i int) float64 { return float64(i / 2) }, objects, false},
		"objects, some freed":     {func(i int) float64 { return float64(5000 + i - 8*(i/30)) }, objects, true},
		"objects, often freed":    {func(i int) float64 { return float64(5000 + i%20) }, objects, false},
		"an object until it ends": {func(i int) float64 { return float64(min(i, 32)) }, objects, false},
	}
	for name, test := range tests {
		if per, grows := seriesOf(50, test.held).Judge(test.tolerance); grows != test.grows {
			t.Errorf("%s: grows is %v, want %v, %+v per iteration", name, grows, test.grows, per)
		}
	}
}

func TestGrowthPerIterationIsExact(t *testing.T) {
	s := seriesOf(1000, func(i int) float64 { return 100 + 2.5*float64(i) })
	s.values[4] = 1e9 // one wild reading
	if per, _ := s.Judge(Tolerance{}); per != 2.5 {
		t.Errorf("2.5 per iteration are judged as %v", per)
	}
}

func TestWhatIsAllowedIsNoGrowth(t *testing.T) {
	s := seriesOf(50, func(i int) float64 { return float64(2 * i) })
	if _, grows := s.Less(2).Judge(Tolerance{Total: 3}); grows {
		t.Error("2 each time are too many where 2 are allowed")
	}
	if _, grows := s.Less(1).Judge(Tolerance{Total: 3}); !grows {
		t.Error("2 each time pass where 1 is allowed")
	}
}

func TestWhatGoesAwayLaterIsNoGrowth(t *testing.T) {
	for settled, want := range map[float64]bool{0: false, 25: false, 40: true, 50: true} {
		s := seriesOf(50, func(i int) float64 { return float64(i) })
		s.Settle(settled)
		if _, grows := s.Judge(Tolerance{Total: 3}); grows != want {
			t.Errorf("10 to 50, later %v: grows is %v, want %v", settled, grows, want)
		}
	}
}

// Noise with a step in it is no growth; a leak under noise is one. The noise is
// several times that of a heap of which nothing is kept.
func TestNoiseIsNoGrowth(t *testing.T) {
	const noiseBytes = 16 << 10
	random := rand.New(rand.NewPCG(1, 2))
	alarms, missed := 0, 0
	const rounds = 2000
	for range rounds {
		level, step, when := random.Float64()*1e6, random.Float64()*1e6, random.IntN(1000)
		noise := func(i int) float64 {
			if i >= when {
				return level + step + random.Float64()*noiseBytes
			}
			return level + random.Float64()*noiseBytes
		}
		if _, grows := seriesOf(1000, noise).Judge(Tolerance{Total: 64 << 10}); grows {
			alarms++
		}
		if _, grows := seriesOf(1000, func(i int) float64 { return random.Float64()*noiseBytes + 512*float64(i) }).Judge(Tolerance{Total: 64 << 10}); !grows {
			missed++
		}
	}
	if alarms > 0 || missed > 0 {
		t.Errorf("of %d series %d raise a false alarm and %d leaks are missed", rounds, alarms, missed)
	}
}

func TestShortSeries(t *testing.T) {
	s := &Series{}
	for i := range 5 {
		if _, grows := s.Judge(Tolerance{Total: 3}); grows {
			t.Errorf("%d readings grow", i)
		}
		s.Add(i+1, float64(i+1))
	}
	if per, grows := s.Judge(Tolerance{Total: 3}); !grows || per != 1 {
		t.Errorf("1, 2, 3, 4, 5: grows is %v with %v per iteration", grows, per)
	}
}

func FuzzJudge(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3.0, 0.5)
	f.Add([]byte{255, 0, 255}, -1.0, math.NaN())
	f.Fuzz(func(t *testing.T, values []byte, total, settled float64) {
		s := &Series{}
		highest := 0.0
		for i, v := range values[:min(len(values), 32)] {
			s.Add(i+1, float64(v))
			highest = max(highest, float64(v))
		}
		s.Settle(settled)
		per, grows := s.Judge(Tolerance{Total: total})
		if math.Abs(per) > highest || grows && per <= 0 {
			t.Errorf("%v: %v per iteration, grows is %v", values, per, grows)
		}
	})
}
