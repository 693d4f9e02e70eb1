package eventloop

import "time"

// usualFor is how long a time must be to tell what a counter usually gains.
const usualFor = 300 * time.Millisecond

// stretch is where a stall lies among the readings of one group of figures.
type stretch struct {
	before, after *reading // next to the stall, on both sides
	length        time.Duration
	outside       time.Duration // the part of length that is not the stall
	usual         *reading      // one some time before; nil if there is none
	usualFor      time.Duration // from there to before
}

// stretch finds the readings around a stall. The stamp tells when the group was
// read.
func (w *witness) stretch(start, end time.Time, lag time.Duration, stamp func(*reading) time.Time) stretch {
	var s stretch
	for r := range w.readings() {
		at := stamp(r)
		if at.IsZero() {
			continue
		}
		if s.before == nil || !at.After(start) {
			s.before = r
		}
		if s.after == nil || stamp(s.after).Before(end) {
			s.after = r
		}
	}
	if s.before == nil { // no reading was ever made in time
		s.before, s.after = &w.last, &w.last
		return s
	}
	s.length = stamp(s.after).Sub(stamp(s.before))
	s.outside = max(0, s.length-lag)
	for r := range w.readings() {
		if d := stamp(s.before).Sub(stamp(r)); !stamp(r).IsZero() && d >= usualFor {
			s.usual, s.usualFor = r, d // the oldest
			break
		}
	}
	return s
}

// readings yields those that are remembered, the oldest first.
func (w *witness) readings() func(yield func(*reading) bool) {
	return func(yield func(*reading) bool) {
		for i := range remembered {
			r := &w.past[(w.newest+1+i)%remembered]
			if !r.at.IsZero() && !yield(r) {
				return
			}
		}
		yield(&w.last)
	}
}

// gained returns what a counter gained in the stall: what it gained from one
// reading to the other, less what it usually gains in the part that is outside.
func (s *stretch) gained(value func(*reading) int64) int64 {
	all := value(s.after) - value(s.before)
	if all <= 0 { // a counter that went back began anew
		return 0
	}
	if s.outside == 0 {
		return all
	}
	rate := float64(all) / float64(s.length)
	if s.usual != nil {
		rate = float64(max(0, value(s.before)-value(s.usual))) / float64(s.usualFor)
	}
	return max(0, all-int64(rate*float64(s.outside)))
}

// most returns what a counter gained in the stall at most. If the stall is the
// smaller part of the time from one reading to the other, then what is usual says
// little: a process that was idle a moment ago works now.
func (s *stretch) most(value func(*reading) int64) int64 {
	if s.outside > s.length/2 {
		return max(0, value(s.after)-value(s.before))
	}
	return s.gained(value)
}

func (s *stretch) time(value func(*reading) time.Duration) time.Duration {
	return time.Duration(s.gained(func(r *reading) int64 { return int64(value(r)) }))
}

func (s *stretch) count(value func(*reading) uint64) uint64 {
	return uint64(s.gained(func(r *reading) int64 { return int64(value(r)) }))
}
