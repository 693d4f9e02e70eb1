//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// RSS returns an error that wraps errors.ErrUnsupported: only Linux has
// /proc/self/statm.
func RSS() (uint64, error) {
	return 0, fmt.Errorf("proc: resident memory on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Files returns the file system of this machine.
func Files() fs.FS { return os.DirFS("/") }
