package eventloop

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

func TestWhatIsExcludedIsAsIfItHadNotPassed(t *testing.T) {
	for _, c := range []struct {
		name         string
		stall        span
		excluded     []span
		ticks        uint64
		max, overall int // ms
	}{
		{"nothing", span{503 * ms, 703 * ms}, nil, 100, 193, 0},
		{"all of it", span{503 * ms, 703 * ms}, []span{{500 * ms, 705 * ms}}, 81, 0, 205},
		{"the beginning", span{503 * ms, 703 * ms}, []span{{500 * ms, 600 * ms}}, 91, 103, 100},
		{"the end", span{503 * ms, 703 * ms}, []span{{643 * ms, 710 * ms}}, 94, 133, 67},
		{"two parts", span{503 * ms, 703 * ms}, []span{{520 * ms, 530 * ms}, {600 * ms, 640 * ms}}, 95, 143, 50},
		{"parts that overlap", span{503 * ms, 703 * ms}, []span{{520 * ms, 580 * ms}, {570 * ms, 620 * ms}}, 90, 93, 100},
		{"before", span{503 * ms, 703 * ms}, []span{{100 * ms, 101 * ms}}, 100, 193, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &machine{stalls: []span{c.stall}}
			p, ticks := onMachine(t, Config{StallThreshold: 100 * ms}, m)
			m.run(p, ticks, 490*ms)
			now := m.now
			exclude(p, m, c.excluded)
			m.now = now
			m.run(p, ticks, 1000*ms)
			s := p.Snapshot()
			if s.Ticks < c.ticks-1 || s.Ticks > c.ticks+1 || int(s.Max/ms) != c.max || int(s.Excluded/ms) != c.overall {
				t.Errorf("%d ticks, longest %v, excluded %v; want %d, %dms, %dms", s.Ticks, s.Max, s.Excluded, c.ticks, c.max, c.overall)
			}
			if stalled := s.StallSeconds > 0; stalled != (c.max >= 100) {
				t.Errorf("stalls of %v s are reported", s.StallSeconds)
			}
		})
	}
}

// exclude begins and ends the times in their order.
func exclude(p *Probe, m *machine, times []span) {
	if len(times) == 0 {
		return
	}
	m.now = times[0].from
	done := p.Exclude()
	if len(times) > 1 && times[1].from < times[0].to {
		m.now = times[1].from
		second := p.Exclude()
		m.now = times[0].to
		done()
		m.now = times[1].to
		second()
		return
	}
	m.now = times[0].to
	done()
	done() // once more does nothing
	exclude(p, m, times[1:])
}

func TestNothingIsOverdueWhileExcluded(t *testing.T) {
	m := &machine{}
	p, ticks := onMachine(t, Config{}, m)
	m.run(p, ticks, 100*ms)
	done := p.Exclude()
	m.now += 500 * ms
	if got := p.Overdue(); got != 0 {
		t.Errorf("overdue is %v, want 0", got)
	}
	done()
	m.now += 30 * ms
	if got := p.Overdue(); got < 20*ms || got > 30*ms {
		t.Errorf("overdue is %v, want 20 to 30ms", got)
	}
}

func TestExclusionsAreBounded(t *testing.T) {
	m := &machine{}
	p, _ := onMachine(t, Config{}, m)
	for range 10 * maxCuts {
		done := p.Exclude()
		m.now += ms
		done()
		m.now += ms
	}
	if n := len(p.cuts.spans); n > maxCuts {
		t.Errorf("%d times are kept, want at most %d", n, maxCuts)
	}
	if got := p.Snapshot().Excluded; got != 10*maxCuts*ms {
		t.Errorf("excluded are %v, want %v", got, 10*maxCuts*ms)
	}
	(&Probe{}).Exclude()() // the zero value does not panic
}

// Those who exclude have to wait for each other, and the scheduler lets others run in
// between.
func TestExcludedTimeNeverFallsNorCountsTwice(t *testing.T) {
	p := newProbe(t, Config{})
	p.since = func() time.Duration {
		now := time.Since(p.base)
		runtime.Gosched()
		return now
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 500 {
				p.Exclude()()
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	for latest, ended := time.Duration(0), false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		excluded := p.Snapshot().Excluded
		if passed := time.Since(p.base); excluded < latest || excluded > passed {
			t.Fatalf("%v are excluded after %v, of %v that have passed", excluded, latest, passed)
		}
		latest = excluded
	}
}
