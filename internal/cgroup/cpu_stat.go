package cgroup

import (
	"errors"
	"io/fs"
	"math"
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
		faults = errors.Join(faults, c.readThrottling(quota.dir+"/cpu.stat", &s))
	}
	usage, ok, err := c.usage()
	s.Usage, s.HasUsage = usage, ok
	return s, errors.Join(faults, err)
}

func (c *CPU) readThrottling(file string, s *CPUStat) error {
	content, err := c.read(file)
	if err != nil {
		return err
	}
	throttling, faultThrottling := ParseThrottling([]byte(content))
	s.Throttled, s.ThrottledTime = throttling.Periods, throttling.Time
	s.Periods, err = field(file, content, "nr_periods")
	return errors.Join(err, faultThrottling)
}

// usage reads the processor time of the innermost group.
func (c *CPU) usage() (used time.Duration, ok bool, err error) {
	if c.version == 2 {
		return c.usageV2()
	}
	if c.usageDir == "" || c.exists(c.usageDir+"/release_agent") {
		return 0, false, nil // only the root has a release_agent (cgroup-v1/cgroups.rst)
	}
	file := c.usageDir + "/cpuacct.usage"
	content, err := c.read(file)
	if err != nil {
		return 0, false, err
	}
	nanoseconds, err := number(file, content)
	return time.Duration(min(nanoseconds, math.MaxInt64)), err == nil, err
}

func (c *CPU) usageV2() (time.Duration, bool, error) {
	dir := c.dirs[0]
	if !c.exists(dir + "/cgroup.type") {
		return 0, false, nil // every group but the root has a cgroup.type (cgroup-v2.rst)
	}
	content, err := c.read(dir + "/cpu.stat")
	if err != nil {
		return 0, false, err
	}
	microseconds, err := field(dir+"/cpu.stat", content, "usage_usec")
	return time.Duration(min(microseconds, maxMicroseconds)) * time.Microsecond, err == nil, err
}

func (c *CPU) exists(file string) bool {
	_, err := fs.Stat(c.fsys, file)
	return err == nil
}
