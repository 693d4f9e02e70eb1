package eventloop

import (
	"fmt"
	"time"
)

// Mode is how a Probe is woken.
type Mode uint8

const (
	// Auto is Netpoll where that works and Timer elsewhere.
	Auto Mode = iota
	// Netpoll reads a timerfd through the netpoller, as a socket is read. It
	// needs Linux.
	Netpoll
	// Timer sleeps until an absolute deadline and then goes to the end of the
	// run queue. It works everywhere and reads too much: under load a quarter
	// where many goroutines are ready and two to five times where few are, and
	// up to 2 ms without load.
	Timer
)

// String returns the lower-case word for the mode.
func (m Mode) String() string {
	switch m {
	case Auto:
		return "auto"
	case Netpoll:
		return "netpoll"
	case Timer:
		return "timer"
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

// Config configures a [Probe]. The zero value is recommended.
type Config struct {
	// Period is the time between ticks after a stall and while lag lasts, for three
	// ticks or more, from 1ms to 1s.
	// Default: 10ms.
	Period time.Duration
	// IdlePeriod is the time between ticks while there is none, from Period to
	// 1m. It is rounded down to a multiple of Period. A stall that comes then is seen
	// for certain if it lasts for IdlePeriod and StallThreshold together; a shorter
	// one with a chance of what it exceeds StallThreshold by, divided by IdlePeriod.
	// Lag is right on average all the same, as a tick stands for every request of
	// its period. For a second after a stall was seen the period is Period.
	// Default: 100ms, or Period if that is longer.
	IdlePeriod time.Duration
	// StallThreshold is the lag from which on a tick is reported as a stall, from
	// 1ms to 1h.
	// Default: 50ms.
	StallThreshold time.Duration
	// Mode is how the probe is woken.
	// Default: Auto.
	Mode Mode
	// OnStall is called when a stall has ended, on a goroutine of its own, one
	// call at a time. While one call runs, one more stall waits; those that come
	// meanwhile are dropped for it and counted. It may panic: that is counted too.
	// Default: nil.
	OnStall func(Stall)
}

const (
	minPeriod, maxPeriod = time.Millisecond, time.Second
	maxIdlePeriod        = time.Minute
	minStall, maxStall   = time.Millisecond, time.Hour
	defaultPeriod        = 10 * time.Millisecond
	defaultIdlePeriod    = 100 * time.Millisecond
	defaultStall         = 50 * time.Millisecond
)

// Validate returns an error that names the field that is wrong.
func (c Config) Validate() error {
	period := c.withDefaults().Period
	switch {
	case c.Period != 0 && (c.Period < minPeriod || c.Period > maxPeriod):
		return fmt.Errorf("eventloop: Config.Period is %v: use 1ms to 1s, or 0 for 10ms", c.Period)
	case c.IdlePeriod != 0 && (c.IdlePeriod < period || c.IdlePeriod > maxIdlePeriod):
		return fmt.Errorf("eventloop: Config.IdlePeriod is %v: use Period, which is %v, to 1m, or 0 for 100ms", c.IdlePeriod, period)
	case c.StallThreshold != 0 && (c.StallThreshold < minStall || c.StallThreshold > maxStall):
		return fmt.Errorf("eventloop: Config.StallThreshold is %v: use 1ms to 1h, or 0 for 50ms", c.StallThreshold)
	case c.Mode > Timer:
		return fmt.Errorf("eventloop: Config.Mode is %v: use Auto, Netpoll or Timer", c.Mode)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Period == 0 {
		c.Period = defaultPeriod
	}
	if c.IdlePeriod == 0 {
		c.IdlePeriod = max(defaultIdlePeriod, c.Period)
	}
	if c.Period > 0 {
		c.IdlePeriod -= c.IdlePeriod % c.Period
	}
	if c.StallThreshold == 0 {
		c.StallThreshold = defaultStall
	}
	return c
}
