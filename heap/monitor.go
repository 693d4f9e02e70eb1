package heap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/cgroup"
	"github.com/govitals/govitals/internal/loop"
)

// MonitorConfig configures a [Monitor]. The zero value is recommended.
type MonitorConfig struct {
	// Interval is the time between readings, from 10ms to 1m. Default: 1s.
	Interval time.Duration
}

// Validate returns an error that names the field that is wrong.
func (c MonitorConfig) Validate() error {
	if c.Interval != 0 && (c.Interval < 10*time.Millisecond || c.Interval > time.Minute) {
		return fmt.Errorf("heap: MonitorConfig.Interval is %v: use 10ms to 1m, or 0 for 1s", c.Interval)
	}
	return nil
}

func (c MonitorConfig) interval() time.Duration { return cmp.Or(c.Interval, time.Second) }

// Monitor reads the heap about once a second and keeps what it saw. It is a
// metric.Source and a finding.Source; all methods may be called from any
// goroutine. It holds one goroutine between Start and Close and a fixed amount
// of memory, about 150 KiB, most of it for [Monitor.History].
type Monitor struct {
	config MonitorConfig
	loop   loop.Loop
	read   func(*Stats) // Read, but for tests

	polling sync.Mutex // one step at a time; held during I/O
	next    Snapshot   // what the step fills before it is shown
	account Stats      // the reading in which the latest collection was new
	pauses  *pauseMeter
	limit   cgroup.Limit // the kernel's, as of next.Kernel.At
	kernel  kernelReader

	mu     sync.Mutex // held for a moment only
	now    Snapshot
	cycles cycleLog

	past history // has its own lock
}

// NewMonitor returns a Monitor that has read nothing yet. The error is that of
// [MonitorConfig.Validate].
func NewMonitor(config MonitorConfig) (*Monitor, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	return &Monitor{
		config: config, read: Read, pauses: newPauseMeter(), kernel: newKernelReader(), past: newHistory(),
	}, nil
}

// Start takes a first reading and begins to poll. The end of ctx has the effect
// of Close. A second Start, or one after Close, is an error.
func (m *Monitor) Start(ctx context.Context) error {
	if m.read == nil {
		return errors.New("heap: this Monitor was not made by NewMonitor: use that")
	}
	err := m.loop.Start(ctx, loop.Config{Name: "heap.Monitor", Every: m.config.interval(), Step: m.step})
	if err == nil {
		m.step(ctx)
	}
	return err
}

// Close stops polling and returns when the goroutine has gone. What was seen
// last stays readable. It works on the zero value, and any number of times.
func (m *Monitor) Close() error { return m.loop.Close() }

// Snapshot returns the latest reading. Before Start it is the zero value.
func (m *Monitor) Snapshot() Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Cycles returns the records with a Number above the given one, the oldest
// first; 0 asks for all that are kept, the latest 256. A reader that comes back
// with the Number it saw last gets each record once.
func (m *Monitor) Cycles(after uint64) []Cycle {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cycles.after(after)
}

func (m *Monitor) step(context.Context) {
	m.polling.Lock()
	defer m.polling.Unlock()
	s := &m.next
	m.read(&s.Stats)
	isNew := s.Cycles != m.account.Cycles
	if m.pauses.due(s.At, isNew) {
		s.Pauses = m.pauses.read(s.At)
	}
	m.lookOutside(s)
	s.finalizers.see(s.At, s.FinalizersExecuted, s.FinalizerBacklog())
	s.cleanups.see(s.At, s.CleanupsExecuted, s.CleanupBacklog())
	m.publish(s, isNew)
	m.past.add(s)
}

// lookOutside reads the kernel's files when they are due and notices at once
// that GOMEMLIMIT was changed.
func (m *Monitor) lookOutside(s *Snapshot) {
	known := m.limit
	due := s.Kernel.At.IsZero() || s.At.Sub(s.Kernel.At) >= kernelEvery
	if due || s.memoryIsShort() {
		s.Kernel, m.limit, s.unread = m.kernel.read(s.At, s.Held)
	}
	if m.limit != known || s.MemoryLimit != m.now.MemoryLimit {
		s.Limits = limitsOf(s.MemoryLimit, m.limit)
	}
}

// publish shows the reading and records its collections.
func (m *Monitor) publish(s *Snapshot, isNew bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if isNew {
		s.LastCycle = s.At
		if cycle, ok := cycleBetween(&m.account, &s.Stats); ok {
			s.Cycle = cycle
			m.cycles.add(cycle)
		}
		m.account = s.Stats
	}
	m.now = *s
}
