//go:build unix

package proc

import (
	"fmt"
	"syscall"
	"time"
)

// CPUTime returns the processor time that this process has used, of the kernel
// on its behalf included.
func CPUTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("proc: processor time: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}
