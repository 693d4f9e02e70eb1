package eventloop

import (
	"math"
	"time"

	"github.com/govitals/govitals/internal/rtm"
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
	// negligible is the share below which all are admitted, nearlyAll the largest: a
	// few requests pass whatever happens.
	negligible, nearlyAll = 1.0 / 64, 1 - 1.0/1024
	// drainsIn is when it is looked whether a queue has gone whose requests are refused,
	// queuesIn whether there is one behind a tick that is overdue.
	drainsIn, queuesIn = time.Millisecond, 10 * time.Millisecond
	// armed takes the place of 0 in Shedder.refuse after each tick: the next request
	// leaves word that requests come, and makes it 0.
	armed = 1
)

// nextShare returns the share to refuse some time after it was share. lag is the
// quantile, latest the tick that was handled last, most what they may be.
func nextShare(share float64, lag, latest, most, after time.Duration) float64 {
	after = min(max(0, after), longestStep)
	halving := patience
	switch {
	case lag >= most && latest >= most:
		excess := max(riseLeast, float64(latest)/float64(most)-1)
		return min(share+(1-share)*min(riseMost, excess*float64(after)/float64(riseIn)), nearlyAll)
	case latest < most/2:
		halving = halveIn
	}
	share *= math.Exp2(-float64(after) / float64(halving))
	if share < negligible {
		return 0
	}
	return share
}

// told takes in the lag after each tick, on the goroutine that ticks, and returns
// whether the next one should come soon. What waits behind a tick that was late has
// waited for about as long.
func (s *Shedder) told(n news) (soon bool) {
	late := n.latest >= s.most
	queue := late && s.config.Probe.queued()
	s.mu.Lock()
	defer s.mu.Unlock()
	late = late && (queue || s.queue)
	s.queue = false
	s.decide(n, late)
	if s.draining = late; late {
		s.refuseShare(nearlyAll)
		s.watchIn(drainsIn)
	} else {
		s.refuseShare(s.share)
		s.watchIn(time.Duration(s.config.Probe.deadline.Load()) + s.most - n.at)
	}
	return s.asked.Swap(false) || late || s.share > 0
}

// decide makes one step of the share. Lag without a queue is none.
func (s *Shedder) decide(n news, late bool) {
	s.lag = max(n.lag, n.latest)
	if !late && n.latest >= s.most {
		n.latest = 0
	}
	s.share = nextShare(s.share, n.lag, n.latest, s.most, n.at-s.decided)
	s.decided = n.at
}

// watch looks at a tick that is overdue, and at a queue that should go. What a timer
// wakes is put in front of the run queue, so this comes before the goroutine that
// ticks. It does not run again when the probe was closed, and not until the next tick
// when the kernel's timer failed: then all are admitted.
func (s *Shedder) watch() {
	p := s.config.Probe
	if p.ended.Load() {
		return
	}
	queue := p.queued()
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.deadline.Load() == never {
		s.share, s.queue, s.draining = 0, false, false
		s.refuseShare(0)
		return
	}
	if s.draining && !queue {
		s.draining = false
		s.refuseShare(s.share)
	}
	switch left := s.most - p.Overdue(); {
	case s.draining:
		s.watchIn(drainsIn)
	case left > 0:
		s.watchIn(left)
	case queue:
		s.queue = true
		s.refuseShare(nearlyAll) // until the tick comes
		s.watchIn(queuesIn)      // or it is known that none does
	default:
		s.watchIn(queuesIn)
	}
}

// watchIn has watch called, not at once: that could leave no time for anything else.
func (s *Shedder) watchIn(d time.Duration) {
	d = max(d, time.Millisecond)
	if s.watchdog == nil {
		s.watchdog = time.AfterFunc(d, s.watch)
		return
	}
	s.watchdog.Reset(d)
}

func (s *Shedder) refuseShare(share float64) {
	if share > 0 && s.refuse.Load() <= armed {
		s.since = time.Now()
	}
	s.refuse.Store(max(armed, uint32(share*math.MaxUint32)))
}

var queueReader = rtm.NewReader("/sched/goroutines/runnable:goroutines", "/sched/gomaxprocs:threads")

// queued reports whether more goroutines are ready than there are processors. Where
// there is lag without that, refusing requests would not make it less.
func queued() (yes bool) {
	queueReader.Read(func(v rtm.Values) { yes = v.Uint64(0) > v.Uint64(1) })
	return yes
}
