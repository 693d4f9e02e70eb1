//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"runtime"
)

// Unbacked returns an error that wraps errors.ErrUnsupported: only Linux has
// /proc/self/status.
func Unbacked() (uint64, error) {
	return 0, fmt.Errorf("proc: memory that no file backs on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
