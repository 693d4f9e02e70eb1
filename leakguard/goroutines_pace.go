package leakguard

import "time"

// profilePace puts profiles off so that they stay cheap.
type profilePace struct {
	resolution time.Duration
	next       time.Time
}

const (
	// profileDuty is the share of one core that profiles may take at a
	// Resolution of a minute and more.
	profileDuty = 0.001
	// profileDutyMost is the share at any Resolution.
	profileDutyMost = 0.05
)

func (p *profilePace) due(at time.Time) bool { return !at.Before(p.next) }

// skipped and took say that a sample was taken. The next is due after half a
// Resolution, since the caller's steps jitter.
func (p *profilePace) skipped(at time.Time) { p.next = at.Add(p.resolution / 2) }

func (p *profilePace) took(at time.Time, cost time.Duration) {
	duty := profileDuty * max(1, float64(time.Minute)/float64(p.resolution))
	rest := time.Duration(float64(cost) / min(duty, profileDutyMost))
	p.next = at.Add(max(p.resolution/2, rest))
}
