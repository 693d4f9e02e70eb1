package proc

import "time"

// Usage is what this process has used since its start.
type Usage struct {
	// CPU is the processor time, of the kernel on behalf of the process
	// included.
	CPU time.Duration
	// MajorFaults counts the pages that had to be read from a disk before the
	// process could go on.
	MajorFaults uint64
}

// CPUTime returns the processor time that this process has used, of the kernel
// on its behalf included.
func CPUTime() (time.Duration, error) {
	usage, err := ReadUsage()
	return usage.CPU, err
}
