package cgroup

import (
	"bytes"
	"errors"
	"strconv"
	"time"
)

// Throttling is how often and how long a quota held the group back, counted
// since the group was made.
type Throttling struct {
	// Periods counts the periods of the quota that the group was held back in.
	Periods uint64
	// Time is how long, summed over the processors that it wanted to run on.
	Time time.Duration
}

// ThrottlingFile returns the absolute path of the file with the counters of the
// quota that binds this group, "" if it has none. For those who read them often:
// [ParseThrottling] allocates nothing, where Stat looks for the quota anew.
func (c *CPU) ThrottlingFile() (string, error) {
	quota, err := c.Quota()
	if _, limited := quota.Cores(); !limited {
		return "", err
	}
	return "/" + quota.dir + "/cpu.stat", nil
}

// ParseThrottling reads the content of a cpu.stat of either version: they name
// their fields differently.
func ParseThrottling(content []byte) (t Throttling, err error) {
	hasPeriods, hasTime := false, false
	for len(content) > 0 {
		var line []byte
		line, content, _ = bytes.Cut(content, newline)
		name, value, _ := bytes.Cut(line, blank)
		var n uint64
		switch string(name) {
		case "nr_throttled":
			t.Periods, hasPeriods = counter(value)
		case "throttled_time":
			n, hasTime = counter(value)
			t.Time = time.Duration(min(n, 1<<63-1))
		case "throttled_usec":
			n, hasTime = counter(value)
			t.Time = time.Duration(min(n, maxMicroseconds)) * time.Microsecond
		}
	}
	if !hasPeriods || !hasTime {
		return Throttling{}, errNoThrottling
	}
	return t, nil
}

var (
	newline, blank  = []byte("\n"), []byte(" ")
	errNoThrottling = errors.New("cgroup: cpu.stat lacks a number nr_throttled, throttled_time or throttled_usec")
)

func counter(digits []byte) (n uint64, ok bool) {
	n, err := strconv.ParseUint(string(digits), 10, 64) // the string does not escape
	return n, err == nil
}
