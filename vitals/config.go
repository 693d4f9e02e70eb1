package vitals

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

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
	defaultResolution = time.Minute
	minResolution     = 10 * time.Millisecond
	maxResolution     = time.Hour
	minReadInterval   = 100 * time.Millisecond
)

// Validate returns an error that names the field that is wrong.
func (c Config) Validate() error {
	if c.Resolution != 0 && (c.Resolution < minResolution || c.Resolution > maxResolution) {
		return fmt.Errorf("vitals: Config.Resolution is %v: use %v to %v, or 0 for %v",
			c.Resolution, minResolution, maxResolution, defaultResolution)
	}
	for i, signal := range c.Signals {
		if signal == nil {
			return fmt.Errorf("vitals: Config.Signals[%d] is nil: leave it out", i)
		}
	}
	if err := c.gate().Validate(); err != nil {
		return fmt.Errorf("vitals: %w", err)
	}
	return nil
}

func (c Config) gate() gate.Config {
	return gate.Config{Token: c.Token, Authorize: c.Authorize}
}

// readInterval is the time between two readings of a signal.
func (c Config) readInterval() time.Duration {
	resolution := c.Resolution
	if resolution == 0 {
		resolution = defaultResolution
	}
	return max(resolution/10, minReadInterval)
}

func (c Config) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.Default()
	}
	return c.Logger
}
