package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// Quota is how much processor time a group gets per period. The zero value
// means no quota.
type Quota struct {
	// Time is the processor time, summed over all processors, that the group
	// may use in a Period; then it is held back until the next one.
	Time time.Duration
	// Period is that of the accounting, 100 ms unless somebody changed it.
	Period time.Duration
	// File is the absolute path of the file that sets it.
	File string

	dir string
}

// Cores returns how many processors the quota is worth, which is what
// GOMAXPROCS should not exceed by more than rounding up, and false where there
// is no quota.
func (q Quota) Cores() (float64, bool) {
	if q.Time <= 0 || q.Period <= 0 {
		return 0, false
	}
	return float64(q.Time) / float64(q.Period), true
}

// Quota returns the lowest quota of the group and its ancestors. A file that
// cannot be read or parsed makes an error only if no other has a quota, as the
// root has no such file with version 2.
func (c *CPU) Quota() (Quota, error) {
	var least Quota
	var faults error
	for _, dir := range c.dirs {
		quota, err := c.quotaIn(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			faults = errors.Join(faults, err)
		}
		cores, limited := quota.Cores()
		if known, found := least.Cores(); limited && (!found || cores < known) {
			least = quota
		}
	}
	if _, found := least.Cores(); found {
		return least, nil
	}
	return Quota{}, faults
}

func (c *CPU) quotaIn(dir string) (Quota, error) {
	file := dir + "/cpu.max"
	if c.version == 1 {
		file = dir + "/cpu.cfs_quota_us"
	}
	text, err := c.read(file)
	if err != nil {
		return Quota{}, err
	}
	if c.version == 1 { // the period has a file of its own
		period, err := c.read(dir + "/cpu.cfs_period_us")
		if err != nil {
			return Quota{}, err
		}
		text += " " + period
	}
	quota, err := parseQuota(text)
	if err != nil {
		return Quota{}, fmt.Errorf("cgroup: /%s: %w", file, err)
	}
	quota.File, quota.dir = "/"+file, dir
	return quota, nil
}

// parseQuota reads "QUOTA PERIOD" in microseconds. No quota is "max" with
// version 2 (Documentation/admin-guide/cgroup-v2.rst) and -1 with version 1
// (Documentation/scheduler/sched-bwc.rst).
func parseQuota(text string) (Quota, error) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return Quota{}, fmt.Errorf("quota is %.40q: want a quota and a period", text)
	}
	if fields[0] == "max" || fields[0] == "-1" {
		return Quota{}, nil
	}
	quota, faultQuota := parseMicroseconds(fields[0])
	period, faultPeriod := parseMicroseconds(fields[1])
	if faultQuota != nil || faultPeriod != nil || quota == 0 || period == 0 {
		return Quota{}, fmt.Errorf("quota is %.40q: want two numbers of microseconds above 0, or max", text)
	}
	return Quota{Time: quota, Period: period}, nil
}

// maxMicroseconds is what a time.Duration holds.
const maxMicroseconds = uint64(1<<63-1) / uint64(time.Microsecond)

func parseMicroseconds(text string) (time.Duration, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, err
	}
	if n > maxMicroseconds {
		return 0, strconv.ErrRange
	}
	return time.Duration(n) * time.Microsecond, nil
}
