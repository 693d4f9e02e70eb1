//go:build !unix

package proc

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// CPUTime returns an error that wraps errors.ErrUnsupported.
func CPUTime() (time.Duration, error) {
	return 0, fmt.Errorf("proc: processor time on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
