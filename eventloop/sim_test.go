package eventloop

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// machine is a made-up machine with a clock of its own, which stands still for the
// process during stalls. It ticks as the kernel does.
type machine struct {
	now          time.Duration
	stalls       []span // in order, not overlapping
	over         int    // how many of them are over
	next, period time.Duration
	arms         []time.Duration // the periods that were asked for
	refuses      bool

	mu     sync.Mutex
	closed bool
}

func (m *machine) arm(first, period time.Duration) error {
	if m.refuses {
		return errors.New("refused")
	}
	m.next, m.period = first, period
	m.arms = append(m.arms, period)
	return nil
}

// wait lets the time pass until the next deadline, and on to the end of a stall that
// covers it.
func (m *machine) wait() (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, os.ErrClosed
	}
	m.now = max(m.now, m.next)
	for m.over < len(m.stalls) && m.stalls[m.over].from <= m.now {
		m.now = max(m.now, m.stalls[m.over].to)
		m.over++
	}
	n := (m.now-m.next)/m.period + 1
	m.next += n * m.period
	return uint64(n), nil
}

func (m *machine) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}

// run lets a probe measure the machine until a time.
func (m *machine) run(p *Probe, t *ticking, until time.Duration) {
	for m.now < until {
		p.step(t)
	}
}

// onMachine returns a probe that measures the machine when it is stepped.
func onMachine(tb testing.TB, config Config, m *machine) (*Probe, *ticking) {
	tb.Helper()
	p := newProbe(tb, config)
	p.since = func() time.Duration { return m.now }
	p.begin(Netpoll, nil)
	return p, &ticking{source: m, noise: noiseNetpoll}
}

// delay returns what a request feels that arrives at a time.
func (m *machine) delay(at time.Duration) time.Duration {
	i, covered := slices.BinarySearchFunc(m.stalls, at, func(s span, at time.Duration) int {
		switch {
		case s.to <= at:
			return -1
		case s.from > at:
			return 1
		}
		return 0
	})
	if !covered {
		return 0
	}
	return m.stalls[i].to - at
}

// truth returns the delays of requests that arrive at random, sorted.
func (m *machine) truth(random *rand.Rand, until time.Duration, n int) []time.Duration {
	delays := make([]time.Duration, n)
	for i := range delays {
		delays[i] = m.delay(time.Duration(random.Int64N(int64(until))))
	}
	slices.Sort(delays)
	return delays
}

// randomStalls returns stalls of random lengths with random gaps.
func randomStalls(random *rand.Rand, until, gap, length time.Duration) (stalls []span) {
	upTo := func(most time.Duration) time.Duration {
		return time.Millisecond + time.Duration(random.Int64N(int64(most)))
	}
	for at := upTo(gap); at < until; {
		to := at + upTo(length)
		stalls = append(stalls, span{at, to})
		at = to + upTo(2*gap)
	}
	return stalls
}

func mean(all []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range all {
		sum += d
	}
	return sum / time.Duration(len(all))
}
