//go:build unix

package proc

import (
	"fmt"
	"syscall"
	"time"
)

// ReadUsage reads what this process has used. It does not allocate. Linux adds
// up the time of running threads to the latest tick of its clock, so the figure
// may lack some milliseconds of each (CONFIG_HZ; kernel/sched/cputime.c).
func ReadUsage() (Usage, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return Usage{}, fmt.Errorf("proc: resource usage: %w", err)
	}
	return Usage{
		CPU:         time.Duration(usage.Utime.Nano() + usage.Stime.Nano()),
		MajorFaults: uint64(max(0, usage.Majflt)),
	}, nil
}
