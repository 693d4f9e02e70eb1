//go:build !linux

package eventloop

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// openTimerfd returns an error: only Linux has timers that are read as sockets are.
func openTimerfd(func() time.Duration) (source, error) {
	return nil, fmt.Errorf("timerfd on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
