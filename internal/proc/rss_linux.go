package proc

import (
	"fmt"
	"syscall"
)

// RSS returns the resident memory of this process in bytes.
func RSS() (uint64, error) {
	var buffer [256]byte // for seven numbers
	statm, err := readFile("/proc/self/statm", buffer[:0])
	if err != nil {
		return 0, fmt.Errorf("proc: /proc/self/statm: %w", err)
	}
	pages, err := residentPages(string(statm))
	if err != nil {
		return 0, err
	}
	return bytesOf(pages, syscall.Getpagesize())
}
