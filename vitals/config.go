package vitals

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/leakguard"
)

// Config configures [Start]. The zero value is recommended.
type Config struct {
	// Resolution is the length of the shortest bucket of every detector, from
	// 10ms to 1h. Signals are read ten times per Resolution, but not more
	// often than every 100ms. Default: 1m.
	Resolution time.Duration
	// Signals are watched besides live memory and goroutines.
	// Default: none.
	Signals []leakguard.Signal
	// ExpectCache is how many bytes of live memory caches may fill: growth by
	// that much is not called a leak. Default: 0, every growth counts.
	ExpectCache int64
	// StateFile keeps the trends over restarts, so that a new process does not
	// start blind. Beside it StateFile.life says how this process is, so that the
	// next one can tell how it ended: killed, at which share of the limit, growing
	// where. Each process needs a StateFile of its own. Default: none.
	StateFile string
	// CaptureDir is where heap profiles with a report are captured: after
	// warm-up, at a verdict, near the memory limit; last words, a report and a
	// profile, when the end is foreseen within 15 minutes or 90 % of the limit is
	// in use; and in its directory stalls what the process did when it stalled.
	// Without StateFile how this process is is kept here too, for one process of
	// each host. See heap.RecorderConfig and
	// eventloop.CaptureConfig for the bounds. Default: none, nothing is captured.
	CaptureDir string
	// StallThreshold is how long ready work must wait for that to be a stall, from
	// 1ms to 1h, and one request in a hundred for the process to be lagging.
	// Default: 50ms.
	StallThreshold time.Duration
	// OnStall is called when a stall has ended, on a goroutine of its own. While
	// it runs, one call waits and further ones are dropped.
	// Default: none.
	OnStall func(eventloop.Stall)
	// NameStall names who is to blame for a stall from an execution trace of the
	// moment, for the report: stalltrace.Name, or what runs the command govitals
	// stall. It needs FlightRecorder, or else one of our own is started, which
	// costs something all the time: see eventloop.CaptureConfig.Record.
	// Default: none, the report names the cause only.
	NameStall func(trace io.Reader) ([]finding.Culprit, error)
	// FlightRecorder is that of the application, if it has one: a process can have
	// one only. Captures of stalls have a trace then. Close vitals before it is
	// stopped, as with eventloop.CaptureConfig.Recorder.
	// Default: none.
	FlightRecorder eventloop.Recorder
	// NoProbe leaves the delay of ready work unmeasured, and saves 0.2 % of a core.
	// Default: false.
	NoProbe bool
	// OnVerdict is called when the state of a signal has changed, on a goroutine
	// of its own. While it runs, one call waits and further ones are dropped.
	// Default: none.
	OnVerdict func(context.Context, finding.Finding)
	// Token opens the handler to requests that carry it, as a bearer token or
	// as the password of HTTP Basic authentication, wherever they come from.
	// At least 16 bytes. Default: none, this machine only.
	Token string
	// Authorize decides who may pass instead of Token and of the checks that
	// stand without it. An error refuses. Default: none.
	Authorize func(*http.Request) error
	// Logger hears of what cannot be read and of wrong use.
	// Default: slog.Default().
	Logger *slog.Logger
}

const (
	defaultResolution  = time.Minute
	minResolution      = 10 * time.Millisecond
	maxResolution      = time.Hour
	minMonitorInterval = 100 * time.Millisecond
)

// Validate returns an error that names the field that is wrong.
func (c Config) Validate() error {
	if c.Resolution != 0 && (c.Resolution < minResolution || c.Resolution > maxResolution) {
		return fmt.Errorf("vitals: Config.Resolution is %v: use %v to %v, or 0 for %v",
			c.Resolution, minResolution, maxResolution, defaultResolution)
	}
	if c.ExpectCache < 0 {
		return fmt.Errorf("vitals: Config.ExpectCache is %d bytes: use 0 for none, or what the caches hold when they are full", c.ExpectCache)
	}
	for i, signal := range c.Signals {
		if signal == nil {
			return fmt.Errorf("vitals: Config.Signals[%d] is nil: leave it out", i)
		}
	}
	if err := c.probe().Validate(); err != nil {
		return fmt.Errorf("vitals: Config.StallThreshold: %w", err)
	}
	if c.NoProbe && (c.OnStall != nil || c.NameStall != nil) {
		return errors.New("vitals: Config.NoProbe is set beside OnStall or NameStall: leave one of them out, stalls are found by the probe")
	}
	if err := c.gate().Validate(); err != nil {
		return fmt.Errorf("vitals: %w", err)
	}
	return nil
}

func (c Config) gate() gate.Config {
	return gate.Config{Token: c.Token, Authorize: c.Authorize}
}

func (c Config) resolution() time.Duration {
	if c.Resolution == 0 {
		return defaultResolution
	}
	return c.Resolution
}

// monitorInterval is the time between two readings of the heap.
func (c Config) monitorInterval() time.Duration {
	return min(max(c.resolution()/10, minMonitorInterval), time.Second)
}

// stepInterval is the time between two looks at who grows, which cost more.
func (c Config) stepInterval() time.Duration { return max(c.resolution(), time.Second) }

func (c Config) probe() eventloop.Config {
	return eventloop.Config{StallThreshold: c.StallThreshold, OnStall: c.OnStall}
}

// stallInterval is the least time between two captures of stalls.
func (c Config) stallInterval() time.Duration {
	return min(max(c.resolution(), time.Second), time.Minute)
}

// stallsPerHour takes up to a fifth of the hour if each takes that interval.
func (c Config) stallsPerHour() int { return int(time.Hour / 5 / c.stallInterval()) }

func (c Config) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.Default()
	}
	return c.Logger
}
