package proc

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

// ParseSteal returns from the content of /proc/stat how long a hypervisor has
// run something else while a processor of this machine had work, summed over
// the processors. It is the eighth number of the first line, in hundredths of a
// second on all architectures (proc(5); USER_HZ).
func ParseSteal(content []byte) (time.Duration, error) {
	const eighth = 8
	line, _, _ := bytes.Cut(content, []byte("\n"))
	rest, found := bytes.CutPrefix(line, []byte("cpu "))
	for field := 1; found; field++ {
		rest = bytes.TrimLeft(rest, " ")
		n, digits := parseDigits(rest)
		if digits == 0 {
			break
		}
		if field == eighth {
			const tick = time.Second / 100
			return time.Duration(min(n, math.MaxInt64/uint64(tick))) * tick, nil
		}
		rest = rest[digits:]
	}
	return 0, fmt.Errorf("proc: /proc/stat begins with %.60q: want cpu and eight numbers", line)
}
