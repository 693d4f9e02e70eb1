package leakguard

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/govitals/govitals/finding"
)

const (
	defaultResolution = time.Minute
	minResolution     = 10 * time.Millisecond
	maxResolution     = time.Hour
	minReadInterval   = 100 * time.Millisecond
)

// DetectorConfig configures a [Detector]. The zero value is recommended.
type DetectorConfig struct {
	// Resolution is that of the trends, from 10ms to 1h; see
	// [TrendConfig.Resolution]. Signals are read ten times per Resolution, but
	// not more often than every 100ms. Default: 1m.
	Resolution time.Duration
	// File keeps the trends over restarts, so that a new process does not start
	// blind: at most 12 KiB per signal, written every tenth Resolution, at most
	// once a minute, and at Close. Each process needs a file of its own: of two
	// that share one the last to write wins. Default: none.
	File string
	// OnVerdict is called when the verdict on a signal has changed, and at the
	// first look if that is bad already. Reads that fail are no verdict. It has a
	// goroutine of its own; while it runs, one call waits and further ones are
	// dropped.
	// Default: none.
	OnVerdict func(context.Context, finding.Finding)
	// Logger hears of signals that cannot be read and of wrong use.
	// Default: slog.Default().
	Logger *slog.Logger
}

// Validate returns an error that names the field that is wrong.
func (c DetectorConfig) Validate() error {
	if c.Resolution != 0 && (c.Resolution < minResolution || c.Resolution > maxResolution) {
		return fmt.Errorf("leakguard: DetectorConfig.Resolution is %v: use %v to %v, or 0 for %v",
			c.Resolution, minResolution, maxResolution, defaultResolution)
	}
	return nil
}

func (c DetectorConfig) resolution() time.Duration {
	if c.Resolution == 0 {
		return defaultResolution
	}
	return c.Resolution
}

// readInterval is the time between two readings of a signal.
func (c DetectorConfig) readInterval() time.Duration {
	return max(c.resolution()/10, minReadInterval)
}

func (c DetectorConfig) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.Default()
	}
	return c.Logger
}
