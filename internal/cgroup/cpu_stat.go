package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// CPUStat is how much processor time a group used and how often its quota held
// it back, counted since the group was made.
type CPUStat struct {
	// Usage is the processor time of all processes of the group. It holds if
	// HasUsage.
	Usage time.Duration
	// HasUsage is false where usage is not accounted, and at the root of the
	// hierarchy, where it would be that of the whole machine.
	HasUsage bool
	// Periods counts the periods of the quota that passed while the group had
	// something to run, Throttled those in which it used the quota up. Both are
	// 0 without a quota.
	Periods   uint64
	Throttled uint64
	// ThrottledTime is how long the group was held back, summed over the
	// processors on which it wanted to run.
	ThrottledTime time.Duration
}

// Stat returns the counters of the group. Those about the quota come from the
// group or ancestor that has the lowest one, since each counts its own only. A
// figure that cannot be read is left out, with the reason in the error; the
// others hold.
func (c *CPU) Stat() (CPUStat, error) {
	var s CPUStat
	quota, faults := c.Quota()
	if _, limited := quota.Cores(); limited {
		counters, err := c.counters(quota.dir)
		faults = errors.Join(faults, err)
		s.Periods, s.Throttled = counters["nr_periods"], counters["nr_throttled"]
		s.ThrottledTime = c.throttledTime(counters)
	}
	usage, ok, err := c.usage()
	s.Usage, s.HasUsage = usage, ok
	return s, errors.Join(faults, err)
}

// throttledTime is in microseconds with version 2, in nanoseconds with 1.
func (c *CPU) throttledTime(counters map[string]uint64) time.Duration {
	if c.version == 1 {
		return time.Duration(min(counters["throttled_time"], 1<<63-1))
	}
	return time.Duration(min(counters["throttled_usec"], maxMicroseconds)) * time.Microsecond
}

// counters reads a cpu.stat.
func (c *CPU) counters(dir string) (map[string]uint64, error) {
	text, err := c.read(dir + "/cpu.stat")
	if err != nil {
		return nil, err
	}
	counters, err := parseCounters(text)
	if err != nil {
		return counters, fmt.Errorf("cgroup: /%s/cpu.stat: %w", dir, err)
	}
	return counters, nil
}

// parseCounters reads lines of a name and a number. A line that is not one is
// left out; the error is about the first such line.
func parseCounters(text string) (map[string]uint64, error) {
	counters := map[string]uint64{}
	var fault error
	for line := range strings.Lines(text) {
		name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
		switch {
		case err == nil && len(counters) < maxCounters:
			counters[name] = n
		case err != nil && fault == nil && name != "":
			fault = fmt.Errorf("line is %.40q: want a name and a number", line)
		}
	}
	return counters, fault
}

// maxCounters bounds what is kept of a file. Linux 6.12 writes 9 lines.
const maxCounters = 64

// usage reads the processor time of the innermost group.
func (c *CPU) usage() (used time.Duration, ok bool, err error) {
	if c.version == 2 {
		return c.usageV2()
	}
	if c.usageDir == "" || c.exists(c.usageDir+"/release_agent") {
		return 0, false, nil // only the root has a release_agent (cgroup-v1/cgroups.rst)
	}
	text, err := c.read(c.usageDir + "/cpuacct.usage")
	if err != nil {
		return 0, false, err
	}
	nanoseconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || nanoseconds < 0 {
		return 0, false, fmt.Errorf("cgroup: /%s/cpuacct.usage: usage is %.40q: want a number of nanoseconds", c.usageDir, text)
	}
	return time.Duration(nanoseconds), true, nil
}

func (c *CPU) usageV2() (time.Duration, bool, error) {
	dir := c.dirs[0]
	if !c.exists(dir + "/cgroup.type") {
		return 0, false, nil // every group but the root has a cgroup.type (cgroup-v2.rst)
	}
	counters, err := c.counters(dir)
	microseconds, ok := counters["usage_usec"]
	if !ok || microseconds > maxMicroseconds {
		return 0, false, err
	}
	return time.Duration(microseconds) * time.Microsecond, true, err
}

func (c *CPU) exists(file string) bool {
	_, err := fs.Stat(c.fsys, file)
	return err == nil
}
