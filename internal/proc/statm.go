package proc

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// residentPages reads the second field of /proc/self/statm: resident pages
// (proc_pid_statm(5)).
func residentPages(statm string) (uint64, error) {
	fields := strings.Fields(statm)
	if len(fields) < 2 {
		return 0, fmt.Errorf("proc: /proc/self/statm is %.40q: want at least two numbers", statm)
	}
	pages, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("proc: /proc/self/statm is %.40q: want numbers of pages", statm)
	}
	return pages, nil
}

// bytesOf converts pages to bytes. No machine has so much memory that it
// overflows; a file that says so is not to be believed.
func bytesOf(pages uint64, pageSize int) (uint64, error) {
	if size := uint64(pageSize); pages <= math.MaxInt64/size {
		return pages * size, nil
	}
	return 0, fmt.Errorf("proc: /proc/self/statm claims %d resident pages: more than any machine has", pages)
}
