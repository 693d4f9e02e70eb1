package cgroup

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// Stalled is how long work has waited for memory since the group was made.
type Stalled struct {
	// Some is the time in which at least one thread waited, Full that in which
	// none could run.
	Some, Full time.Duration
}

// Stalled returns the pressure stall information of the group. Version 1, and
// kernels built without it, have none: the error wraps fs.ErrNotExist. Format:
// Documentation/accounting/psi.rst in the kernel's source.
func (g *Group) Stalled() (Stalled, error) {
	if g.Version == 1 {
		return Stalled{}, fmt.Errorf("cgroup: pressure in version 1: %w", fs.ErrNotExist)
	}
	file := g.dirs[0] + "/memory.pressure"
	content, err := g.read(file)
	if err != nil {
		return Stalled{}, err
	}
	some, okSome := stalled(content, "some")
	full, okFull := stalled(content, "full")
	if !okSome || !okFull {
		return Stalled{}, fmt.Errorf("cgroup: /%s is %.40q: want lines that begin with some and full", file, content)
	}
	return Stalled{Some: some, Full: full}, nil
}

// stalled reads "total=", in microseconds, from the line of the given kind.
func stalled(content, kind string) (time.Duration, bool) {
	for line := range strings.Lines(content) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != kind {
			continue
		}
		total, found := strings.CutPrefix(fields[len(fields)-1], "total=")
		microseconds, err := strconv.ParseUint(total, 10, 53) // 285 years
		return time.Duration(microseconds) * time.Microsecond, found && err == nil
	}
	return 0, false
}
