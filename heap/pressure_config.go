package heap

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// PressureConfig configures [OnPressure]. The zero value is recommended where
// the kernel has a limit for the process.
type PressureConfig struct {
	// At are the shares of the limit at which to call, above Release and up to 1, at
	// most 8 of them.
	// Default: 0.8 and 0.9.
	At []float64
	// Release is how far the share must fall below a threshold before that
	// threshold can be reached again, from 0.01 to 0.5.
	// Default: 0.05.
	Release float64
	// Drain is how long the function may take before its context ends, at most
	// an hour. Kubernetes sends SIGKILL 30 s after SIGTERM, unless told
	// otherwise.
	// Default: 30s.
	Drain time.Duration
	// Limit is a limit in bytes that somebody other than the kernel enforces,
	// such as a process manager that restarts what has grown too large. The
	// resident memory of the process is compared with it or, where that is not
	// known, what the Go runtime holds. Beside a limit of the kernel the nearer
	// one counts.
	// Default: the kernel's limit alone.
	Limit uint64
}

const maxThresholds = 8

// Validate returns an error that names the field that is wrong.
func (c PressureConfig) Validate() error {
	if len(c.At) > maxThresholds {
		return fmt.Errorf("heap: PressureConfig.At has %d thresholds: use at most %d", len(c.At), maxThresholds)
	}
	for i, at := range c.At {
		if !(at > 0 && at <= 1) {
			return fmt.Errorf("heap: PressureConfig.At[%d] is %v: use a share above 0 and up to 1, such as 0.8", i, at)
		}
	}
	if c.Release != 0 && !(c.Release >= 0.01 && c.Release <= 0.5) {
		return fmt.Errorf("heap: PressureConfig.Release is %v: use 0.01 to 0.5, or 0 for 0.05", c.Release)
	}
	if full := c.withDefaults(); full.At[0] <= full.Release {
		return fmt.Errorf("heap: PressureConfig.At holds %v, which is not above Release of %v: such a threshold would never be left",
			full.At[0], full.Release)
	}
	if c.Drain < 0 || c.Drain > time.Hour {
		return fmt.Errorf("heap: PressureConfig.Drain is %v: use at most 1h, or 0 for 30s", c.Drain)
	}
	return nil
}

// withDefaults returns the config with thresholds in ascending order.
func (c PressureConfig) withDefaults() PressureConfig {
	if len(c.At) == 0 {
		c.At = []float64{0.8, 0.9}
	}
	c.At = slices.Sorted(slices.Values(c.At))
	c.Release = cmp.Or(c.Release, 0.05)
	c.Drain = cmp.Or(c.Drain, 30*time.Second)
	return c
}
