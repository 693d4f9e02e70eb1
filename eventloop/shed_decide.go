package eventloop

import (
	"math"
	"time"
)

const (
	// In each step, of which there are ten a second, the share that is still
	// admitted shrinks by rampLeast to rampMost: by a quarter where the lag is twice
	// what it may be.
	rampLeast, rampMost = 1.0 / 16, 1.0 / 2
	rampSlope           = 1.0 / 4
	// recovery is what is left of the share in a step where the lag is low, patience
	// where it is between low and high.
	recovery, patience = 1.0 / 2, 31.0 / 32
	// negligible is the share below which all are admitted.
	negligible = 1.0 / 64
)

// nextShare returns the share to refuse after a step with a lag. It is always below 1:
// some requests pass, and show that it is over.
func nextShare(share float64, lag, most time.Duration) float64 {
	excess := float64(lag)/float64(most) - 1
	switch {
	case excess > 0:
		return share + (1-share)*min(rampMost, max(rampLeast, rampSlope*excess))
	case lag < most/2:
		share *= recovery
	default:
		share *= patience
	}
	if share < negligible {
		return 0
	}
	return share
}

// told takes in the lag. It runs about ten times a second on the goroutine that
// ticks, which may itself be late: the watchdog then looks at what goes on.
func (s *Shedder) told(lag time.Duration) {
	s.decide(lag)
	wait := max(followEvery, time.Duration(s.config.Probe.period.Load())) + s.config.MaxLag
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchdog == nil {
		s.watchdog = time.AfterFunc(wait, s.watch)
		return
	}
	s.watchdog.Reset(wait)
}

// watch looks at a stall that goes on. What a timer wakes is put in front of the run
// queue, so it comes before the goroutine that ticks. It runs again only while the
// stall lasts, and so not after the probe was closed.
func (s *Shedder) watch() {
	lag := s.config.Probe.Overdue()
	if lag < s.config.MaxLag {
		return
	}
	s.decide(lag)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchdog.Reset(followEvery)
}

// decide makes one step.
func (s *Shedder) decide(lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.share
	s.share, s.lag = nextShare(s.share, lag, s.config.MaxLag), lag
	if before == 0 && s.share > 0 {
		s.since = time.Now()
	}
	s.refuse.Store(uint32(s.share * math.MaxUint32))
}
