package heap

import (
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

const (
	mib     = 1 << 20
	simulat = 250 * time.Millisecond // the step of the simulation
)

var sizingStart = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// simulated is a process, as a brute-force simulation of allocation and
// collection has it: each byte is allocated, and at the goal a cycle ends.
type simulated struct {
	live      float64 // bytes
	allocates float64 // bytes per second
	gogc      int
	goal      float64 // instead of what GOGC gives, unless 0
	cycleCPU  float64 // seconds
	cores     float64 // used besides
	sample    sizingSample
	heap      float64
	reading   float64 // seconds between samples, 1 if 0
}

// steady is a process with nothing special.
var steady = simulated{live: 64 * mib, allocates: 64 * mib, gogc: 100, cycleCPU: 0.01, cores: 0.5}

// run feeds a Sizer for a time; change, if there is one, is called before each
// sample with the time since the beginning.
func (p *simulated) run(s *Sizer, length time.Duration, change func(at time.Duration)) {
	if p.sample.At.IsZero() {
		p.sample.At, p.heap, p.sample.GOGC = sizingStart, p.live, p.gogc
		p.sample.Cycles, p.sample.UsedCPUSeconds, p.sample.ProcCPUSeconds = 1, 1, 1
	}
	every := time.Duration(max(p.reading, 1) * float64(time.Second))
	for at := time.Duration(0); at < length; at += every {
		if change != nil {
			change(at)
		}
		for passed := time.Duration(0); passed < every; passed += min(simulat, every) {
			p.step(min(simulat, every).Seconds())
		}
		p.sample.At = p.sample.At.Add(every)
		p.sample.Live, p.sample.Goal = uint64(p.live), uint64(p.due())
		s.add(p.sample)
	}
}

func (p *simulated) step(seconds float64) {
	p.heap += p.allocates * seconds
	p.sample.AllocatedTotal += uint64(p.allocates * seconds)
	p.sample.ProcCPUSeconds += 4 * seconds
	p.sample.UsedCPUSeconds += p.cores * seconds
	for p.heap >= p.due() {
		p.heap -= p.due() - p.live
		p.sample.Cycles++
		p.sample.GCCPUSeconds += p.cycleCPU
		p.sample.UsedCPUSeconds += p.cycleCPU
	}
}

func (p *simulated) due() float64 {
	if p.goal > 0 {
		return p.goal
	}
	return p.live * (1 + float64(p.gogc)/100)
}

func newSizer(t testing.TB, config SizerConfig) *Sizer {
	t.Helper()
	s, err := NewSizer(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// advised runs a process for a time and asks for advice.
func advised(t testing.TB, p simulated, length time.Duration, config SizerConfig, growth finding.State) Advice {
	t.Helper()
	s := newSizer(t, config)
	p.run(s, length, nil)
	return RightSize(s, growth)
}
