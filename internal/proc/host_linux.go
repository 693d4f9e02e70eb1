package proc

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"
)

// Suspended returns how long this machine has slept since it was booted: what
// CLOCK_BOOTTIME counts and CLOCK_MONOTONIC does not (clock_gettime(2)). Each
// clock is read at an instant of its own, so it is exact to some microseconds.
func Suspended() (time.Duration, error) {
	const monotonic, boottime = 1, 7
	awake, err := clock(monotonic)
	if err != nil {
		return 0, err
	}
	all, err := clock(boottime)
	return max(0, all-awake), err
}

func clock(id uintptr) (time.Duration, error) {
	var now syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&now)), 0); errno != 0 {
		return 0, fmt.Errorf("proc: clock %d: %w", id, errno)
	}
	return time.Duration(now.Nano()), nil
}
