package heap

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// latch turns a condition with hysteresis into events.
type latch struct{ on bool }

// set reports whether the latch goes on. Between on and off it stays as it is.
func (l *latch) set(on, off bool) (rose bool) {
	switch {
	case on && !l.on:
		l.on = true
		return true
	case off:
		l.on = false
	}
	return false
}

// memoryReader reads how full memory is. The field is Monitor.Snapshot, but for
// tests.
type memoryReader struct{ snapshot func() Snapshot }

func readerOf(monitor *Monitor) memoryReader { return memoryReader{snapshot: monitor.Snapshot} }

// memoryUse is how much of a limit is in use. The limit is 0 where none is known.
type memoryUse struct{ used, limit uint64 }

func (u memoryUse) share() float64 { return float64(u.used) / float64(u.limit) }

// kernelUse is what the kernel holds the process to. GOMEMLIMIT does not count:
// nothing dies of it, and with GOGC=off the heap is always near it.
func (s Snapshot) kernelUse() (memoryUse, bool) {
	limit := s.kernelLimit()
	if limit == 0 || !s.Kernel.HasRoom {
		return memoryUse{}, false
	}
	return memoryUse{used: limit - min(s.Kernel.Room, limit), limit: limit}, true
}

// useOf compares with another limit, 0 for none, what those who set one look
// at: the resident memory of the process. Whichever limit is nearer counts.
func (s Snapshot) useOf(other uint64) (memoryUse, bool) {
	kernel, known := s.kernelUse()
	if other == 0 || s.At.IsZero() {
		return kernel, known
	}
	set := memoryUse{used: s.Kernel.RSS, limit: other}
	if set.used == 0 { // not known on this system
		set.used = s.Held
	}
	if known && kernel.share() > set.share() {
		return kernel, true
	}
	return set, true
}

// silence is how old the latest reading may be. A Monitor reads at least once a
// minute.
const silence = 3 * time.Minute

// silent reports a Monitor that reads nothing, which leaves who uses it blind.
func (m memoryReader) silent(who string, now time.Time) (finding.Finding, bool) {
	at := m.snapshot().At
	seen := "has read nothing yet"
	switch {
	case at.IsZero():
	case now.Sub(at) > silence:
		seen = "has read nothing for " + text.Duration(now.Sub(at))
	default:
		return finding.Finding{}, false
	}
	return finding.Finding{
		Signal: "setup", State: finding.Unknown, Cause: "monitor",
		Summary: fmt.Sprintf("%s does not see memory: its Monitor %s.", who, seen),
		Advice:  "Call Start of the Monitor before, and Close after.",
	}, true
}
