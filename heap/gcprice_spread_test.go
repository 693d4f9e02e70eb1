package heap

import (
	"math"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// A program that replaces single objects, and one that keeps what it allocated
// together: seen at GOGC=100, their prices at other settings must be what was
// measured there.
func TestForecastReckonsWithScatteredObjects(t *testing.T) {
	// Milliseconds of CPU per collection by the kernel's count, Go 1.26.8,
	// medians of benchmarks/gcprice_test.go.
	for name, c := range map[string]struct {
		scatter  float64
		measured map[int]float64
	}{
		"scattered":          {0.98, map[int]float64{50: 19.77, 100: 26.69, 200: 30.69, 400: 37.58}},
		"allocated together": {0.08, map[int]float64{50: 10.90, 100: 10.54, 200: 12.23, 400: 14.21}},
		"mixed":              {0.74, map[int]float64{50: 11.55, 100: 12.62, 200: 17.52, 400: 20.05}},
		"without pointers":   {0.52, map[int]float64{50: 3.70, 100: 4.92, 200: 4.84, 400: 7.17}},
	} {
		load := GCLoad{
			AllocRate: 100 * mib, Live: 16 * mib, Heap: 32 * mib, Scatter: c.scatter,
			CPUPerCycle: c.measured[100] / 1000, Procs: 2,
		}
		for gogc, ms := range c.measured {
			room := 16 * mib * float64(gogc) / 100
			price, ok := load.At(uint64(16*mib + room))
			measured := 100 * mib / room * ms / 1000
			if off := price.Cores / measured; !ok || off < 0.65 || off > 1.35 {
				t.Errorf("%s: at GOGC=%d the forecast is %.2f of what was measured (%v)", name, gogc, off, ok)
			}
		}
	}
}

func TestPriceFallsWithTheHeapHoweverScattered(t *testing.T) {
	for _, scatter := range []float64{0, 0.01, 0.5, 1, 7} {
		load := GCLoad{AllocRate: 10 * mib, Live: 16 * mib, Heap: 32 * mib, Scatter: scatter, CPUPerCycle: 0.01, Procs: 2}
		last := math.Inf(1)
		for size := uint64(18 * mib); size < 1<<40; size += size / 4 {
			price, ok := load.At(size)
			if !ok || price.Cores >= last {
				t.Errorf("scatter %v: the price at %d bytes is %v (%v), that of a smaller heap %v", scatter, size, price.Cores, ok, last)
			}
			last = price.Cores
		}
		if today, _ := load.At(32 * mib); math.Abs(today.Cores/(10.0/16*0.01)-1) > 1e-9 {
			t.Errorf("scatter %v: the price of today's heap is %v cores, not today's", scatter, today.Cores)
		}
	}
}

func TestScatterThatIsNoFigureGivesNoForecast(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), -0.5} {
		load := GCLoad{AllocRate: mib, Live: mib, Heap: 2 * mib, CPUPerCycle: 0.01, Procs: 1}
		load.Scatter = bad
		if price, ok := load.At(4 * mib); ok {
			t.Errorf("scatter %v: the forecast is %+v", bad, price)
		}
		load.Scatter, load.Heap = 0.5, bad
		if price, ok := load.At(4 * mib); ok {
			t.Errorf("heap %v: the forecast is %+v", bad, price)
		}
	}
}

// Of the memory without objects three quarters lie between objects.
func TestSizerSeesHowScatteredObjectsAre(t *testing.T) {
	p := simulated{live: 100 * mib, allocates: 50 * mib, gogc: 100, cycleCPU: 0.1, cores: 0.5}
	s := newSizer(t, SizerConfig{})
	p.run(s, 20*time.Minute, func(time.Duration) {
		left := p.due() - p.heap
		p.sample.Unused, p.sample.Idle = uint64(0.75*left), uint64(0.25*left)
	})
	load := RightSize(s, finding.OK).GCLoad
	if math.Abs(load.Scatter-0.75) > 0.01 || math.Abs(load.Heap/(200*mib)-1) > 0.01 {
		t.Errorf("the load is %+v, want scatter 0.75 in a heap of 200 MiB", load)
	}
	p.sample.Unused, p.sample.Idle = 1<<62, 0
	p.run(s, time.Minute, nil)
	if after := RightSize(s, finding.OK).GCLoad; after != load {
		t.Errorf("after figures that no process can have the load is %+v, before it was %+v", after, load)
	}
}
