package leakguard

import "time"

// regime follows [Reading.Regime] and tells changes that matter from those that
// happen all the time.
type regime struct {
	number  uint64
	begun   time.Time // the first reading of all
	since   time.Time // the first reading with number
	shifted time.Time // the latest change that counted, zero if none did
}

// change reports whether levels before and after must not be compared.
//
// Some programs tune GOGC at each collection: to begin anew each time would leave
// nothing to judge, so what changes all the time is part of the noise. A change
// counts if what was before had lasted for half of the time seen, or as long as
// it takes to call something a leak.
func (r *regime) change(now time.Time, number uint64, resolution time.Duration) bool {
	if r.begun.IsZero() {
		r.begun, r.since, r.number = now, now, number
	}
	if number == r.number {
		return false
	}
	lasted, seen := now.Sub(r.since), now.Sub(r.begun)
	r.number, r.since = number, now
	if lasted < min(seen/2, leakingAge*resolution) {
		return false
	}
	r.shifted = now
	return true
}
