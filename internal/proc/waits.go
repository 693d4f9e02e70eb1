package proc

import (
	"bytes"
	"fmt"
	"time"
)

// MaxTasks is how many threads [Waits.Read] reads.
const MaxTasks = 256

// Waits adds up how long the threads of this process were ready to run and
// waited for a processor. The zero value is ready to use. It holds 9 KiB and is
// not for use from several goroutines at once.
type Waits struct {
	// Total is the sum since the first Read, which begins at 0. It never falls,
	// though threads end.
	Total time.Duration
	// Longest is what the one thread gained since the previous Read that gained
	// most.
	Longest time.Duration
	// Tasks is how many threads there were, Skipped how many of them were not
	// read because there are more than MaxTasks.
	Tasks, Skipped int

	began     bool
	known     [2][MaxTasks]task // of the previous reading and of this one
	count     [2]int
	fault     error // of the latest thread that could not be read
	directory [1024]byte
	file      [64]byte
}

// task is what one thread has waited since it began.
type task struct {
	id     uint64
	waited time.Duration
}

// add takes the figure of one thread. One that the previous reading did not
// have has begun since, so all that it waited is new.
func (w *Waits) add(id uint64, waited time.Duration) {
	now := &w.count[1]
	w.known[1][*now] = task{id, waited}
	*now++
	if !w.began {
		return
	}
	before := time.Duration(0)
	for _, t := range w.known[0][:w.count[0]] {
		if t.id == id && t.waited <= waited { // else the number was given to another thread
			before = t.waited
			break
		}
	}
	w.Total += waited - before
	w.Longest = max(w.Longest, waited-before)
}

// turn makes this reading the previous one.
func (w *Waits) turn() {
	w.known[0] = w.known[1]
	w.count[0], w.count[1] = w.count[1], 0
	w.began = true
}

// parseSchedstat returns the second field: nanoseconds spent waiting on a
// runqueue (Documentation/scheduler/sched-stats.rst in the kernel's source).
func parseSchedstat(content []byte) (time.Duration, error) {
	_, rest, found := bytes.Cut(content, []byte(" "))
	waited, digits := parseDigits(rest)
	if !found || digits == 0 {
		return 0, fmt.Errorf("proc: schedstat is %.40q: want at least two numbers", content)
	}
	return time.Duration(min(waited, 1<<63-1)), nil
}

// parseDigits reads a number from the beginning of a text, without allocating,
// and tells how long it is. It stops at what 64 bits cannot hold.
func parseDigits(text []byte) (n uint64, digits int) {
	for ; digits < min(len(text), 19) && '0' <= text[digits] && text[digits] <= '9'; digits++ {
		n = n*10 + uint64(text[digits]-'0')
	}
	return n, digits
}
