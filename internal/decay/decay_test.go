package decay

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"
)

const day = 24 * time.Hour

var (
	sizes = Config{Least: 1, Most: 1 << 40, Ratio: 1.05, HalfLife: day}
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// dated is a value as a brute-force count keeps it.
type dated struct {
	at            time.Time
	value, weight float64
}

// bruteQuantile sorts all values and halves the weight of each once per
// half-life of its age.
func bruteQuantile(all []dated, now time.Time, q float64) float64 {
	slices.SortFunc(all, func(a, b dated) int { return cmp.Compare(a.value, b.value) })
	weight := func(d dated) float64 {
		return d.weight * math.Pow(0.5, now.Sub(d.at).Hours()/24)
	}
	total, sum := 0.0, 0.0
	for _, d := range all {
		total += weight(d)
	}
	for _, d := range all {
		if sum += weight(d); sum >= q*total {
			return d.value
		}
	}
	return all[len(all)-1].value
}

func TestQuantilesAgreeWithBruteForce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, hours := range []int{1, 30, 24 * 7, 24 * 100} { // the last one moves the landmark
		h := New(sizes)
		var all []dated
		now := start
		for range 2000 {
			now = now.Add(time.Duration(random.IntN(hours)) * time.Hour / 500)
			d := dated{now, 1 + math.Exp(random.NormFloat64()*2+10), 1 + random.Float64()}
			all = append(all, d)
			if !h.Add(d.at, d.value, d.weight) {
				t.Fatalf("Add refused %v", d)
			}
		}
		for _, q := range []float64{0.01, 0.5, 0.9, 0.95, 0.99} {
			got, ok := h.Quantile(q)
			want := bruteQuantile(all, now, q)
			if !ok || got < want*(1-1e-9) || got > want*1.0501 {
				t.Errorf("%d h: quantile %v is %v, %v; all values sorted give %v", hours, q, got, ok, want)
			}
		}
	}
}

func TestHalfAsMuchAfterAHalfLife(t *testing.T) {
	h := New(sizes)
	h.Add(start, 100, 1)
	h.Add(start.Add(day), 1000, 1) // weighs twice the first: 2/3 of all
	if got, _ := h.Quantile(0.33); got > 106 {
		t.Errorf("a third of the weight is at 100, but quantile 0.33 is %v", got)
	}
	if got, _ := h.Quantile(0.34); got < 1000 {
		t.Errorf("only a third of the weight is at 100, but quantile 0.34 is %v", got)
	}
}

func TestTheHighestIsRememberedForSoLong(t *testing.T) {
	for age, want := range map[time.Duration]bool{0: true, 7 * day: true, 8 * day: true, 9 * day: false} {
		h := New(sizes)
		h.Add(start, 5000, 1)
		h.Add(start.Add(age), 10, 1)
		got, ok := h.Max(8)
		if remembers := got >= 5000; !ok || remembers != want {
			t.Errorf("%v later the highest of 8 days is %v, want the peak of 5000: %v", age, got, want)
		}
	}
}

func TestAClockThatIsSetBackRevivesNothing(t *testing.T) {
	h := New(sizes)
	h.Add(start, 100, 1)
	h.Add(start.Add(-1000*day), 1000, 1)
	if got, _ := h.Quantile(0.5); got > 106 {
		t.Errorf("the median is %v, want 100: both weigh the same", got)
	}
	if got, _ := h.Quantile(0.51); got < 1000 {
		t.Errorf("quantile 0.51 is %v, want 1000: both weigh the same", got)
	}
}

func TestAClockThatJumpsAheadForgets(t *testing.T) {
	h := New(sizes)
	h.Add(start, 1000, 1)
	h.Add(start.AddDate(290, 0, 0), 10, 1)
	if got, ok := h.Quantile(1); !ok || got > 11 {
		t.Errorf("centuries later the highest is %v, %v", got, ok)
	}
}

func TestPeaksOfIntervals(t *testing.T) {
	p := NewPeaks(sizes, time.Hour)
	if _, ok := p.Quantile(0.9); ok {
		t.Error("there is a peak before the first value")
	}
	// Ten hours; each holds many small values and one peak: 100, 200, …, 1000.
	for minute := range 600 {
		value := 1.0
		if minute%60 == 30 {
			value = float64(minute/60+1) * 100
		}
		p.Add(start.Add(time.Duration(minute)*time.Minute), value)
	}
	for q, want := range map[float64]float64{0.5: 600, 0.9: 1000, 1: 1000} { // the later ones weigh more
		if got, _ := p.Quantile(q); got < want || got > want*1.0501 {
			t.Errorf("quantile %v of the peaks is %v, want %v", q, got, want)
		}
	}
}

func TestTheRunningIntervalCounts(t *testing.T) {
	p := NewPeaks(sizes, time.Hour)
	p.Add(start, 700)
	p.Add(start.Add(time.Second), 7)
	median, _ := p.Quantile(0.5)
	highest, _ := p.Max(8)
	if median < 700 || median > 735.1 || highest != median {
		t.Errorf("after a second median and highest are %v and %v, want 700", median, highest)
	}
}

func TestGarbageIsRefused(t *testing.T) {
	h, p := New(sizes), NewPeaks(sizes, time.Hour)
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 1 << 41} {
		if h.Add(start, bad, 1) || p.Add(start, bad) {
			t.Errorf("the value %v was counted", bad)
		}
		if bad != 1<<41 && h.Add(start, 1, bad) || h.Add(start, 1, 0) {
			t.Errorf("the weight %v was counted", bad)
		}
	}
	if got, ok := h.Quantile(0.5); ok {
		t.Errorf("there is a quantile of nothing: %v", got)
	}
	if got, ok := p.Max(8); ok {
		t.Errorf("there is a highest of nothing: %v", got)
	}
}

func TestValidateNamesTheField(t *testing.T) {
	nan := math.NaN()
	for field, bad := range map[string][]Config{
		"Least":    {{}, {Least: -1}, {Least: nan}, {Least: math.Inf(1)}},
		"Most":     {{Least: 2, Most: 2}, {Least: 1, Most: nan}, {Least: 1, Most: math.Inf(1)}},
		"Ratio":    {{Least: 1, Most: 2, Ratio: 1}, {Least: 1, Most: 1e300, Ratio: 1.0001}, {Least: 1, Most: 2, Ratio: nan}},
		"HalfLife": {{Least: 1, Most: 2, Ratio: 2}, {Least: 1, Most: 2, Ratio: 2, HalfLife: -1}},
	} {
		for _, c := range bad {
			if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "Config."+field) {
				t.Errorf("%+v: error is %v, want one about %s", c, err, field)
			}
		}
	}
	if err := sizes.Validate(); err != nil {
		t.Error(err)
	}
}

func TestMemoryIsFixedAndAddAllocatesNothing(t *testing.T) {
	h := New(sizes)
	at := start
	n := testing.AllocsPerRun(1000, func() {
		at = at.Add(time.Hour)
		h.Add(at, float64(at.Hour()+1)*1000, 1)
	})
	size := int(unsafe.Sizeof(*h)) + 8*len(h.weights)
	if n != 0 || size > 5<<10 {
		t.Errorf("Add allocates %v times; the histogram takes %d bytes, want at most 5 KiB", n, size)
	}
}

func FuzzHistogram(f *testing.F) {
	f.Add(int64(0), 1.0, int64(3600), 50.0, 0.9)
	f.Add(int64(1<<62), 1e300, int64(-1<<62), math.NaN(), -1.0)
	f.Fuzz(func(t *testing.T, at1 int64, value1 float64, at2 int64, value2, q float64) {
		h, p := New(sizes), NewPeaks(sizes, time.Hour)
		highest := -1.0
		for _, d := range []dated{{start.Add(time.Duration(at1)), value1, 1}, {start.Add(time.Duration(at2)), value2, 1}} {
			if p.Add(d.at, d.value) != h.Add(d.at, d.value, d.weight) {
				t.Errorf("Peaks and Histogram do not agree whether %v counts", d.value)
			} else if d.value >= 0 && d.value <= sizes.Most {
				highest = d.value
			}
		}
		got, ok := h.Quantile(q)
		if ok != (highest >= 0) || ok && !(got > 0 && got < 2*sizes.Most) {
			t.Errorf("quantile %v is %v, %v", q, got, ok)
		}
		if got, _ := p.Max(1e9); got < highest {
			t.Errorf("the highest is %v after %v", got, highest)
		}
	})
}
