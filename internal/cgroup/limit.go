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

// MemoryLimit returns the lowest limit of the group and its ancestors. A file
// that cannot be read or parsed makes an error only if no other has a limit, as
// the root of version 2 has no limit file at all.
func (g *Group) MemoryLimit() (Limit, error) {
	var lowest Limit
	var faults error
	for _, dir := range g.dirs {
		limit, err := g.limitIn(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			faults = errors.Join(faults, err)
		}
		if limit.Bytes > 0 && (lowest.Bytes == 0 || limit.Bytes < lowest.Bytes) {
			lowest = limit
		}
	}
	if lowest.Bytes > 0 {
		return lowest, nil
	}
	return lowest, faults
}

func (g *Group) limitIn(dir string) (Limit, error) {
	file := dir + "/memory.max"
	if g.Version == 1 {
		file = dir + "/memory.limit_in_bytes"
	}
	text, err := fs.ReadFile(g.fsys, file)
	if err != nil {
		return Limit{}, fmt.Errorf("cgroup: %w", err)
	}
	bytes, err := parseLimit(string(text))
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
