package eventloop

import (
	"math"
	"time"
)

const (
	// riseIn is the time in which what is still admitted shrinks to nothing while the
	// lag is twice as long as it may be; the excess over that counts from riseLeast
	// on, and one step takes riseMost.
	riseIn              = 40 * time.Millisecond
	riseLeast, riseMost = 1.0 / 4, 1.0 / 2
	// halveIn is the time in which the share is halved while the lag is low, patience
	// while it is neither low nor high.
	halveIn  = 150 * time.Millisecond
	patience = 3 * time.Second
	// longestStep bounds the time that one step stands for.
	longestStep = 100 * time.Millisecond
	// negligible is the share below which all are admitted.
	negligible = 1.0 / 64
	// watchEvery is how often the watchdog looks at a stall that goes on.
	watchEvery = 50 * time.Millisecond
)

// nextShare returns the share to refuse some time after it was share. lag is the
// quantile, latest the tick that was handled last. The share is always below 1: some
// requests pass.
func nextShare(share float64, lag, latest, most, after time.Duration) float64 {
	after = min(max(0, after), longestStep)
	halving := patience
	switch {
	case lag >= most && latest >= most:
		excess := max(riseLeast, float64(latest)/float64(most)-1)
		return min(share+(1-share)*min(riseMost, excess*float64(after)/float64(riseIn)), 1-1.0/(1<<20))
	case latest < most/2:
		halving = halveIn
	}
	share *= math.Exp2(-float64(after) / float64(halving))
	if share < negligible {
		return 0
	}
	return share
}

// told takes in the lag. It runs after each tick on the goroutine that ticks, which
// may itself be late: the watchdog then looks at what goes on.
func (s *Shedder) told(n news) {
	s.decide(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchdog == nil {
		s.watchdog = time.AfterFunc(s.config.MaxLag, s.watch)
		return
	}
	s.watchdog.Reset(s.config.MaxLag)
}

// watch looks at a stall that goes on. What a timer wakes is put in front of the run
// queue, so it comes before the goroutine that ticks. It does not run again when the
// probe was closed.
func (s *Shedder) watch() {
	p := s.config.Probe
	due := p.deadline.Load()
	if due == never || p.ended.Load() {
		return
	}
	now, again := p.since(), watchEvery
	if lag := p.Overdue(); lag >= s.config.MaxLag {
		s.decide(news{now, lag, lag})
	} else {
		again = max(time.Duration(due)+s.config.MaxLag-now, time.Millisecond)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchdog.Reset(again)
}

// decide makes one step.
func (s *Shedder) decide(n news) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.share
	s.share = nextShare(s.share, n.lag, n.latest, s.config.MaxLag, n.at-s.decided)
	s.lag, s.decided = n.lag, n.at
	if before == 0 && s.share > 0 {
		s.since = time.Now()
	}
	s.refuse.Store(uint32(s.share * math.MaxUint32))
}
