package heap

import (
	"math"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// What is forecast from GOGC=100 must be what a simulation of each allocated
// byte gives at the other settings.
func TestForecastAgreesWithSimulation(t *testing.T) {
	process := func(gogc int) simulated {
		return simulated{live: 134 * mib, allocates: 95 * mib, gogc: gogc, cycleCPU: 0.12, cores: 0.5}
	}
	load := advised(t, process(100), 20*time.Minute, SizerConfig{}, finding.OK).GCLoad
	for _, gogc := range []int{20, 50, 100, 200, 400} {
		price, ok := load.At(uint64(134 * mib * (1 + float64(gogc)/100)))
		measured := advised(t, process(gogc), 20*time.Minute, SizerConfig{}, finding.OK).GCShare
		if !ok || math.Abs(price.CPUShare/measured-1) > 0.03 || price.GOGC != gogc {
			t.Errorf("GOGC=%d: forecast is %+v (%v), the simulation gives %v", gogc, price, ok, measured)
		}
	}
}

// The runtime begins before the goal; here it ends each cycle at 80 % of the
// room.
func TestForecastReckonsWithAnEarlyStart(t *testing.T) {
	s := newSizer(t, SizerConfig{})
	p := simulated{live: 100 * mib, allocates: 100 * mib, gogc: 80, cycleCPU: 0.1, cores: 0.5}
	for range 1200 {
		p.run(s, time.Second, nil)
		// The goal that the runtime would state for what ends at 180 MiB.
		s.mu.Lock()
		s.cycle.Goal = 200 * mib
		s.mu.Unlock()
	}
	load := RightSize(s, finding.OK).GCLoad
	if math.Abs(load.RoomUsed-0.8) > 0.02 {
		t.Errorf("the part of the room that is used is %v, want 0.8", load.RoomUsed)
	}
	price, _ := load.At(300 * mib) // a cycle per 160 MiB
	if want := 100.0 / 160 * 0.1; math.Abs(price.Cores/want-1) > 0.03 {
		t.Errorf("the forecast is %v cores, want %v", price.Cores, want)
	}
}

func TestNoForecastWhereThereCanBeNone(t *testing.T) {
	load := GCLoad{AllocRate: 100 * mib, Live: 100 * mib, CPUPerCycle: 0.1, Procs: 2}
	for name, c := range map[string]struct {
		load GCLoad
		heap uint64
	}{
		"heap is below live":      {load, 99 * mib},
		"hardly any room":         {load, 109 * mib},
		"more than half the CPU":  {GCLoad{AllocRate: 1000 * mib, Live: 100 * mib, CPUPerCycle: 0.1, Procs: 2}, 120 * mib},
		"nothing is known":        {GCLoad{}, 200 * mib},
		"not a number":            {GCLoad{AllocRate: math.NaN(), Live: 1, CPUPerCycle: 1, Procs: 1}, 200 * mib},
		"infinite":                {GCLoad{AllocRate: 1, Live: 1, CPUPerCycle: math.Inf(1), Procs: 1}, 200 * mib},
		"negative":                {GCLoad{AllocRate: 1, Live: 1, CPUPerCycle: 1, RoomUsed: -1, Procs: 1}, 200 * mib},
		"no processors are known": {GCLoad{AllocRate: 1, Live: 1, CPUPerCycle: 1}, 200 * mib},
	} {
		if price, ok := c.load.At(c.heap); ok || price != (GCPrice{}) {
			t.Errorf("%s: the forecast is %+v", name, price)
		}
	}
	if price, ok := load.At(200 * mib); !ok || math.Abs(price.CPUShare-0.05) > 1e-9 || price.GOGC != 100 {
		t.Errorf("the forecast is %+v, %v; want 5 %% at GOGC=100", price, ok)
	}
}

func TestPricesFallWithTheLimit(t *testing.T) {
	p := simulated{live: 134 * mib, allocates: 95 * mib, gogc: 100, cycleCPU: 0.12, cores: 0.5}
	p.sample.KernelLimit = 400 * mib
	a := advised(t, p, 20*time.Minute, SizerConfig{}, finding.OK)
	if len(a.GCPrices) < 4 {
		t.Fatalf("there are only the prices %+v", a.GCPrices)
	}
	today := false
	for i, price := range a.GCPrices {
		today = today || price.Limit == 400*mib
		if i > 0 && (price.Limit <= a.GCPrices[i-1].Limit || price.CPUShare >= a.GCPrices[i-1].CPUShare) {
			t.Errorf("price %+v follows %+v", price, a.GCPrices[i-1])
		}
		if price.Heap >= price.Limit {
			t.Errorf("the heap does not fit into the limit: %+v", price)
		}
	}
	if !today {
		t.Error("today's limit has no price")
	}
}
