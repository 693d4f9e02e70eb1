package eventloop

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const (
	ms     = time.Millisecond
	minute = time.Minute
)

// What a random arrival feels must be what the probe says, whether the stalls are
// longer or shorter than its periods, and however often it changes between them.
func TestStatisticIsThatOfARandomArrival(t *testing.T) {
	for _, c := range []struct {
		name        string
		gap, length time.Duration
		until       time.Duration
		config      Config
	}{
		{"overload", 5 * ms, 200 * ms, 5 * minute, Config{}},
		{"frequent short stalls", 200 * ms, 40 * ms, 30 * minute, Config{}},
		{"rare stalls in an idle process", 3 * time.Second, 150 * ms, 200 * minute, Config{}},
		{"rare stalls shorter than the idle period", 5 * time.Second, 30 * ms, 600 * minute, Config{}},
		{"one period", 3 * time.Second, 150 * ms, 40 * minute, Config{IdlePeriod: 10 * ms}},
		{"odd periods", time.Second, 300 * ms, 100 * minute, Config{Period: 7 * ms, IdlePeriod: 250 * ms}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, 2)) // the same each time: rare stalls vary much
			m := &machine{stalls: randomStalls(random, c.until, c.gap, c.length)}
			p, ticks := onMachine(t, c.config, m)
			m.run(p, ticks, c.until)
			truth := m.truth(random, c.until, 100_000)
			s := p.Snapshot()
			if off := s.Mean().Seconds()/mean(truth).Seconds() - 1; math.Abs(off) > 0.08 {
				t.Errorf("mean is %v, truth %v: off by %.1f %%", s.Mean(), mean(truth), 100*off)
			}
			for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
				want := truth[int(q*float64(len(truth)))]
				if got := s.Quantile(q); got < want*9/10-ms/2 || got > want*115/100+ms/2 {
					t.Errorf("quantile %v is %v, truth %v", q, got, want)
				}
			}
			requests := float64(c.until / p.config.Period)
			if off := float64(s.Count())/requests - 1; math.Abs(off) > 0.12 {
				t.Errorf("the ticks stand for %d requests, want %.0f", s.Count(), requests)
			}
		})
	}
}

func TestOneStallIsManyDelays(t *testing.T) {
	m := &machine{stalls: []span{{503 * ms, 703 * ms}}}
	p, ticks := onMachine(t, Config{}, m)
	m.run(p, ticks, 900*ms)
	s := p.Snapshot()
	// Of the ticks at 510, 520, … 700 ms, all end at 703 ms: 193, 183, … 3 ms late.
	if s.Ticks != 90 || s.Missed != 19 || s.Max != 193*ms {
		t.Errorf("%d ticks, %d missed, longest %v; want 90, 19 and 193ms", s.Ticks, s.Missed, s.Max)
	}
	if want := (193 + 3) * ms / 2 * 20 / 90; s.Mean() < want-1000 || s.Mean() > want+1000 {
		t.Errorf("mean is %v, want %v", s.Mean(), want)
	}
	if got, want := s.Quantile(0.95), 153*ms; got < want || got > want*1045/1000 {
		t.Errorf("95th percentile is %v, want %v to 4.5 %% more", got, want)
	}
}

func TestPeriodFollowsTheLag(t *testing.T) {
	m := &machine{stalls: []span{
		{4090 * ms, 4120 * ms}, {4190 * ms, 4220 * ms}, // the noise of a machine: two late ticks in a row
		{6005 * ms, 6170 * ms},                                                 // a stall
		{9070 * ms, 9115 * ms}, {9170 * ms, 9215 * ms}, {9270 * ms, 9315 * ms}, // lag that lasts
	}}
	p, ticks := onMachine(t, Config{}, m)
	m.run(p, ticks, 5000*ms)
	if got := p.Snapshot().Period; got != 100*ms {
		t.Errorf("after quiet seconds with two late ticks the period is %v, want 100ms", got)
	}
	m.run(p, ticks, 6200*ms)
	if got := p.Snapshot().Period; got != 10*ms {
		t.Errorf("after a stall the period is %v, want 10ms", got)
	}
	m.run(p, ticks, 8000*ms)
	if got := m.arms; len(got) != 4 || got[0] != 10*ms || got[1] != 100*ms || got[2] != 10*ms || got[3] != 100*ms {
		t.Errorf("the periods were %v, want 10, 100, 10 and 100ms", got)
	}
	if got := p.Snapshot().Count(); got < 780 || got > 805 {
		t.Errorf("in 8 s the ticks stand for %d requests, want one each 10ms", got)
	}
	m.run(p, ticks, 9400*ms)
	if got := p.Snapshot().Period; got != 10*ms {
		t.Errorf("after three late ticks in a row the period is %v, want 10ms", got)
	}
}

// A process that was idle is hit by one stall, at each millisecond of the idle period.
func TestShortStallsOfAnIdleProcessAreSeenByChance(t *testing.T) {
	for length, want := range map[time.Duration]int{50 * ms: 0, 60 * ms: 10, 90 * ms: 40, 149 * ms: 99, 150 * ms: 100, 250 * ms: 100} {
		seen := 0
		for phase := range 100 {
			from := 3*time.Second + time.Duration(phase)*ms + ms/2
			m := &machine{stalls: []span{{from, from + length}}}
			p, ticks := onMachine(t, Config{}, m)
			m.run(p, ticks, 4*time.Second)
			if p.Snapshot().StallSeconds > 0 {
				seen++
			}
		}
		if seen < want-1 || seen > want+1 {
			t.Errorf("of 100 stalls of %v %d were seen, want %d", length, seen, want)
		}
	}
}

func TestTicksAllocateNothing(t *testing.T) {
	m := &machine{stalls: randomStalls(rand.New(rand.NewPCG(1, 2)), minute, 300*ms, 30*ms)}
	p, ticks := onMachine(t, Config{}, m)
	if err := p.follow(time.Second, 0.9, func(news) bool { return false }); err != nil {
		t.Fatal(err)
	}
	m.arms = make([]time.Duration, 0, 1000)
	if n := testing.AllocsPerRun(2000, func() { p.step(ticks) }); n != 0 {
		t.Errorf("a tick allocates %v times, want 0", n)
	}
}

func TestASourceThatFailsIsSaid(t *testing.T) {
	m := &machine{refuses: true}
	p, ticks := onMachine(t, Config{Period: ms}, m)
	p.step(ticks)
	p.step(ticks)
	if got := p.troubles(); len(got) != 1 || got[0] != "the kernel's timer failed 2 times" {
		t.Errorf("said is %q", got)
	}
	m.refuses = false
	p.step(ticks)
	if got := p.Snapshot().Ticks; got != 1 {
		t.Errorf("%d ticks after it works again, want 1", got)
	}
}
