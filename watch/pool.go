package watch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// PoolReading is what a pool of connections, or any semaphore, says of itself at one
// moment.
type PoolReading struct {
	// InUse is how many are taken, Max how many there can be, 0 for no limit.
	InUse int
	Max   int
	// Waiting is how many wait for one now, below 0 if the pool does not know.
	Waiting int
	// Waits counts those that ever had to wait, WaitTime for how long, added up
	// when their wait is over.
	Waits    uint64
	WaitTime time.Duration
}

// PoolConfig configures a Pool. Name and one of DB and Read are needed.
type PoolConfig struct {
	// Name says which pool it is: a constant of the program.
	// Default: none, it is needed.
	Name string
	// DB is a *sql.DB or whatever has its statistics.
	// Default: nil, Read is used.
	DB interface{ Stats() sql.DBStats }
	// Read reads any other pool, once a second. It must not wait for the pool.
	// Default: nil, DB is used.
	Read func() PoolReading
	// MaxWait is how much of the time callers may spend waiting, per second, before
	// it is reported: 1 means that one waits at any time.
	// Default: 1.
	MaxWait float64
}

// Validate returns an error that names the field that is wrong.
func (c PoolConfig) Validate() error {
	switch {
	case c.Name == "":
		return errors.New("watch: PoolConfig.Name is empty: say which pool it is")
	case (c.DB == nil) == (c.Read == nil):
		return fmt.Errorf("watch: PoolConfig of pool %q: set one of DB and Read", c.Name)
	case !(c.MaxWait >= 0):
		return fmt.Errorf("watch: PoolConfig.MaxWait of pool %q is %v: use 0 for the default, or more", c.Name, c.MaxWait)
	}
	return nil
}

const (
	// poolReadings is how many readings are kept, one a second.
	poolReadings = 31
	// starved is for how long a pool must have nothing left, while somebody began
	// to wait, to be reported though no wait has ended.
	starved = 5 * time.Second
)

// Pool watches a pool of connections or a semaphore. [NewPool] makes it, Start has it
// read the pool once a second, on a goroutine of its own. It is a metric.Source and a
// finding.Source.
type Pool struct {
	config  PoolConfig
	reading reading

	mu       sync.Mutex
	readings [poolReadings]pooled // the oldest is overwritten
	n        int                  // how many were ever taken
	full     time.Time            // since when nothing is left, zero if something is
	spare    pooled               // the last reading at which something was left
	served   pooled               // the last one at which that was so, or a wait had ended
}

type pooled struct {
	at time.Time
	PoolReading
}

// NewPool returns a Pool. It panics if the config makes no sense.
func NewPool(config PoolConfig) *Pool {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	if config.MaxWait == 0 {
		config.MaxWait = 1
	}
	return &Pool{config: config, reading: reading{part: "watch.Pool", name: config.Name, every: time.Second}}
}

// Start begins to read. The end of ctx has the effect of Close. A second Start, or
// one after Close, is an error.
func (p *Pool) Start(ctx context.Context) error { return p.reading.start(ctx, p.step) }

// Close stops reading. It works on the zero value, and any number of times.
func (p *Pool) Close() error { return p.reading.loop.Close() }

func (p *Pool) step(context.Context) {
	now := p.read()
	p.mu.Lock()
	defer p.mu.Unlock()
	full := now.Max > 0 && now.InUse >= now.Max
	switch {
	case !full:
		p.full = time.Time{}
	case p.full.IsZero():
		p.full = now.at
	}
	if !full || p.n == 0 {
		p.spare = now
	}
	if !full || p.n == 0 || now.WaitTime != p.latest().WaitTime {
		p.served = now
	}
	p.readings[p.n%poolReadings] = now
	p.n++
}

// latest is for when there is one.
func (p *Pool) latest() pooled { return p.readings[(p.n-1)%poolReadings] }

func (p *Pool) read() pooled {
	if p.config.Read != nil {
		return pooled{time.Now(), p.config.Read()}
	}
	s := p.config.DB.Stats()
	return pooled{time.Now(), PoolReading{
		InUse: s.InUse, Max: s.MaxOpenConnections, Waiting: -1,
		Waits: uint64(max(s.WaitCount, 0)), WaitTime: s.WaitDuration,
	}}
}

// PoolStats is what is known of a Pool.
type PoolStats struct {
	PoolReading
	// Name is that of the config.
	Name string
	// At is when the pool was read last, zero if it never was.
	At time.Time
	// Window is how long the time is that the rates are about, up to half a minute.
	Window time.Duration
	// WaitRate is how long callers waited per second of that time, of those whose
	// wait has ended; WaitsPerSecond how many began to wait.
	WaitRate       float64
	WaitsPerSecond float64
	// Full is since when nothing has been left, zero if something is.
	Full time.Time
	// Unserved is how many began to wait since then, Waited how long those waited
	// whose wait has ended since then.
	Unserved uint64
	Waited   time.Duration

	served time.Time // when something was left last, or a wait ended
	since  uint64    // how many began to wait since then
}

// Stats returns what was read last.
func (p *Pool) Stats() PoolStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := PoolStats{Name: p.config.Name}
	if p.n == 0 {
		return s
	}
	last := p.latest()
	oldest := p.readings[max(0, p.n-poolReadings)%poolReadings]
	s.PoolReading, s.At, s.Window, s.Full = last.PoolReading, last.at, last.at.Sub(oldest.at), p.full
	if seconds := s.Window.Seconds(); seconds > 0 {
		s.WaitRate = max(0, (last.WaitTime-oldest.WaitTime).Seconds()) / seconds
		s.WaitsPerSecond = float64(last.Waits-min(last.Waits, oldest.Waits)) / seconds
	}
	if !p.full.IsZero() {
		s.Unserved = last.Waits - min(last.Waits, p.spare.Waits)
		s.Waited = max(0, last.WaitTime-p.spare.WaitTime)
	}
	s.served, s.since = p.served.at, last.Waits-min(last.Waits, p.served.Waits)
	return s
}
