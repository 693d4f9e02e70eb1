package eventloop

import (
	"sync"
	"time"

	"github.com/govitals/govitals/internal/proc"
)

// load adds up the processor time that the process used and could have used.
type load struct {
	mu      sync.Mutex
	started bool
	known   bool          // whether the operating system says what was used
	first   time.Duration // used before
	used    time.Duration
	could   time.Duration
	at      time.Duration
}

// see reads what was used. GOMAXPROCS may change while the program runs, so the
// capacity is added up step by step.
func (l *load) see(now time.Duration, processors int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	cpu, err := proc.CPUTime()
	if !l.started {
		l.started, l.first, l.at = true, cpu, now
	}
	l.could += time.Duration(processors) * (now - l.at)
	l.known, l.used, l.at = err == nil, cpu-l.first, now
}

// seen returns what was used and could have been used until the latest look, and
// whether that is known.
func (l *load) seen() (used, could time.Duration, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used, l.could, l.known
}
