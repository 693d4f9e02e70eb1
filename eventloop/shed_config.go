package eventloop

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ShedConfig configures a [Shedder]. Probe must be set; zero is recommended for all
// else.
type ShedConfig struct {
	// Probe measures the lag. It must run: until it is started, and after it was
	// closed, every request is admitted.
	Probe *Probe
	// MaxLag is for how long a request that is admitted should wait for a processor,
	// from 5ms to 1m: 99 in 100 are meant to wait for less. Where other processes take
	// the processors they may wait for longer. Requests are refused from two fifths of
	// it on. A request takes what it does itself and one such wait; another after each
	// time it waits for something else, and one for each 10 ms that it computes. With
	// less than four times the Period of the probe waits are up to Period longer, and
	// after a time without requests the first may wait for IdlePeriod.
	// Default: 50ms.
	MaxLag time.Duration
	// Quantile is that of the lag that is compared with two fifths of MaxLag, from 0.5 to 1.
	// Default: 0.9.
	Quantile float64
	// Window is the time that the quantile is taken over, from 100ms to 1s. A
	// longer one is calmer and recovers later.
	// Default: 200ms.
	Window time.Duration
	// RetryAfter is when clients are told to come again, rounded up to seconds, at
	// most 1h.
	// Default: 1s.
	RetryAfter time.Duration
	// Exempt lists the paths that are always admitted, such as those of health
	// checks, at most 64. One that ends with a slash stands for all below it. An
	// empty list that is not nil exempts nothing.
	// Default: /healthz, /livez, /readyz, /metrics, /debug/.
	Exempt []string
	// Refused answers requests that are refused.
	// Default: status 503 with Retry-After and one line of text.
	Refused http.Handler
	// DryRun has every request admitted, and counted if it would have been
	// refused. More would than will: what is not refused keeps others waiting.
	// Default: false.
	DryRun bool
}

const (
	minMaxLag, maxMaxLag         = 5 * time.Millisecond, time.Minute
	minShedWindow, maxShedWindow = 100 * time.Millisecond, followWindow
	maxRetryAfter                = time.Hour
	maxExempt                    = 64
)

// Validate returns an error that names the field that is wrong.
func (c ShedConfig) Validate() error {
	switch {
	case c.Probe == nil:
		return errors.New("eventloop: ShedConfig.Probe is nil: give the Probe that measures this process")
	case c.Probe.open == nil:
		return errors.New("eventloop: ShedConfig.Probe is a zero value: make it with New")
	case c.MaxLag != 0 && (c.MaxLag < minMaxLag || c.MaxLag > maxMaxLag):
		return fmt.Errorf("eventloop: ShedConfig.MaxLag is %v: use %v to %v, or 0 for 50ms", c.MaxLag, minMaxLag, maxMaxLag)
	case c.Quantile != 0 && !(c.Quantile >= 0.5 && c.Quantile <= 1):
		return fmt.Errorf("eventloop: ShedConfig.Quantile is %v: use 0.5 to 1, or 0 for 0.9", c.Quantile)
	case c.Window != 0 && (c.Window < minShedWindow || c.Window > maxShedWindow):
		return fmt.Errorf("eventloop: ShedConfig.Window is %v: use %v to %v, or 0 for 200ms", c.Window, minShedWindow, maxShedWindow)
	case c.RetryAfter < 0 || c.RetryAfter > maxRetryAfter:
		return fmt.Errorf("eventloop: ShedConfig.RetryAfter is %v: use up to %v, or 0 for 1s", c.RetryAfter, maxRetryAfter)
	case len(c.Exempt) > maxExempt:
		return fmt.Errorf("eventloop: ShedConfig.Exempt has %d paths: use up to %d; one that ends with a slash stands for all below it", len(c.Exempt), maxExempt)
	}
	for i, path := range c.Exempt {
		if !strings.HasPrefix(path, "/") {
			return fmt.Errorf("eventloop: ShedConfig.Exempt[%d] is %.80q: begin it with a slash", i, path)
		}
	}
	return nil
}

func (c ShedConfig) withDefaults() ShedConfig {
	if c.MaxLag == 0 {
		c.MaxLag = 50 * time.Millisecond
	}
	if c.Quantile == 0 {
		c.Quantile = 0.9
	}
	if c.Window == 0 {
		c.Window = 200 * time.Millisecond
	}
	if c.RetryAfter == 0 {
		c.RetryAfter = time.Second
	}
	if c.Exempt == nil {
		c.Exempt = []string{"/healthz", "/livez", "/readyz", "/metrics", "/debug/"}
	}
	c.Exempt = slices.Clone(c.Exempt) // the slice is the user's
	if c.Refused == nil {
		c.Refused = refusal(c.RetryAfter)
	}
	return c
}
