package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
)

// Limit is a memory limit and the file that sets it.
type Limit struct {
	// Bytes is the limit, 0 where there is none.
	Bytes uint64
	// File is the absolute path of the file that holds it.
	File string
}

// noLimitV1 is the least value that version 1 uses for "no limit": the largest
// multiple of a 64 KiB page in an int64 (4 KiB pages give a larger one).
const noLimitV1 = math.MaxInt64 &^ 0xffff

// limits returns the limit of each level, the innermost first; one without a
// limit has 0 bytes. stat is the content of the group's memory.stat. A file that
// cannot be read or parsed makes an error only if no other has a limit, as the
// root of version 2 has no limit file at all.
func (g *Group) limits(stat string) ([]Limit, error) {
	limits := make([]Limit, len(g.dirs))
	total, stated := g.statedLimit(stat)
	if stated && total.Bytes == 0 {
		return limits, nil // there is none on the way up
	}
	var faults error
	for level, dir := range g.dirs {
		limit, err := g.limitIn(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			faults = errors.Join(faults, err)
		}
		limits[level] = limit
	}
	if stated && lowest(append(limits, total)) == total {
		limits[0] = total // set above the mounted part
	}
	if lowest(limits).Bytes > 0 {
		faults = nil
	}
	return limits, faults
}

// statedLimit returns the limit that version 1 states for the group and all its
// ancestors together, also those above the mounted part, such as the pod.
func (g *Group) statedLimit(stat string) (limit Limit, stated bool) {
	if g.version != 1 {
		return Limit{}, false
	}
	file := g.dirs[0] + "/memory.stat"
	bytes, err := field(file, stat, "hierarchical_memory_limit")
	if err != nil || bytes >= noLimitV1 {
		return Limit{}, err == nil
	}
	return Limit{Bytes: bytes, File: "/" + file}, true
}

func lowest(limits []Limit) (least Limit) {
	for _, limit := range limits {
		if limit.Bytes > 0 && (least.Bytes == 0 || limit.Bytes < least.Bytes) {
			least = limit
		}
	}
	return least
}

func (g *Group) limitIn(dir string) (Limit, error) {
	file := dir + "/" + g.layout().limit
	text, err := g.read(file)
	if err != nil {
		return Limit{}, err
	}
	bytes, err := parseLimit(text)
	if err != nil {
		return Limit{}, fmt.Errorf("cgroup: /%s: %w", file, err)
	}
	return Limit{Bytes: bytes, File: "/" + file}, nil
}

// parseLimit reads the content of memory.max or memory.limit_in_bytes. It
// returns 0 for "no limit".
func parseLimit(text string) (uint64, error) {
	text = strings.TrimSpace(text)
	if text == "max" {
		return 0, nil
	}
	bytes, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("limit is %.40q: want a number of bytes or max", text)
	}
	if bytes >= noLimitV1 {
		return 0, nil
	}
	return bytes, nil
}
