package heap

import (
	"context"
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

func (c MonitorConfig) interval() time.Duration {
	if c.Interval == 0 {
		return time.Second
	}
	return c.Interval
}

// limitsEvery is the time between readings of the control group's files.
const limitsEvery = 10 * time.Second

// Monitor reads the heap about once a second and keeps what it saw. It is a
// metric.Source and a finding.Source; all methods may be called from any
// goroutine. It holds one goroutine between Start and Close and a fixed amount
// of memory.
type Monitor struct {
	config MonitorConfig
	loop   loop.Loop
	read   func(*Stats)                  // Read, but for tests
	find   func() (*cgroup.Group, error) // findCgroup, but for tests

	polling  sync.Mutex // one step at a time; held during I/O
	next     Snapshot   // what the step fills before it is shown
	limitsAt time.Time

	mu      sync.Mutex // held for a moment only
	now     Snapshot
	problem error // why a limit is not known
}

// Snapshot is what a Monitor knew at one moment. It is a value: any number of
// readers can keep their own and subtract them.
type Snapshot struct {
	Stats
	// LastCycle is when the Monitor first saw the present value of Cycles,
	// late by at most one Interval. It is zero before the first collection.
	LastCycle time.Time
	// Limits are the limits in force, the lowest first. It must not be changed.
	Limits []Limit
}

// NewMonitor returns a Monitor that has read nothing yet. The error is that of
// [MonitorConfig.Validate].
func NewMonitor(config MonitorConfig) (*Monitor, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	return &Monitor{config: config, read: Read, find: findCgroup}, nil
}

// Start takes a first reading and begins to poll. The end of ctx has the effect
// of Close. A second Start, or one after Close, is an error.
func (m *Monitor) Start(ctx context.Context) error {
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
	now, _ := m.seen()
	return now
}

// seen returns the latest reading and why a limit is not known.
func (m *Monitor) seen() (Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now, m.problem
}

func (m *Monitor) step(context.Context) {
	m.polling.Lock()
	defer m.polling.Unlock()
	cycles := m.next.Cycles
	m.read(&m.next.Stats)
	if m.next.Cycles != cycles {
		m.next.LastCycle = m.next.At
	}
	_, problem := m.seen()
	if m.next.At.Sub(m.limitsAt) >= limitsEvery {
		m.next.Limits, problem = readLimits(m.next.MemoryLimit, m.find)
		m.limitsAt = m.next.At
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now, m.problem = m.next, problem
}

// Limit returns the lowest limit and whether there is one.
func (s Snapshot) Limit() (Limit, bool) {
	if len(s.Limits) == 0 {
		return Limit{}, false
	}
	return s.Limits[0], true
}

// Window is what happened between two snapshots.
type Window struct {
	// Duration is the time between the two readings.
	Duration time.Duration
	// Cycles counts the collections that ended in it.
	Cycles uint64
	// Allocated is what was allocated in it, in bytes.
	Allocated uint64
	// LiveGrowth is the change of live memory, in bytes. It is 0, not
	// unknown, while no collection ends: live moves only then.
	LiveGrowth int64
}

// Sub returns what happened between the earlier snapshot and s.
func (s Snapshot) Sub(earlier Snapshot) Window {
	return Window{
		Duration:   s.At.Sub(earlier.At),
		Cycles:     s.Cycles - earlier.Cycles,
		Allocated:  s.Allocated - earlier.Allocated,
		LiveGrowth: int64(s.Live) - int64(earlier.Live),
	}
}
