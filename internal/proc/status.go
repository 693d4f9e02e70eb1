package proc

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unbackedBytes adds up what /proc/self/status says about memory without a file
// (proc_pid_status(5)). A kernel without swap has no line for it.
func unbackedBytes(status string) (uint64, error) {
	total, known := uint64(0), false
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "RssAnon", "RssShmem", "VmSwap":
		default:
			continue
		}
		kib, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err != nil || kib > math.MaxInt64>>12 {
			return 0, fmt.Errorf("proc: /proc/self/status says %.60q: want a number of kB", line)
		}
		total += kib << 10
		known = known || key == "RssAnon"
	}
	if !known {
		return 0, fmt.Errorf("proc: /proc/self/status has no RssAnon: %w", errors.ErrUnsupported)
	}
	return total, nil
}
