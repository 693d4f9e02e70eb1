package cgroup

import (
	"bytes"
	"fmt"
	"io/fs"
	"time"
)

// Stalled is how long work has waited for memory since the group was made.
type Stalled struct {
	// Some is the time in which at least one thread waited, Full that in which
	// none could run.
	Some, Full time.Duration
}

// Stalled returns the pressure stall information of the group. Version 1, and
// kernels built without it, have none: the error wraps fs.ErrNotExist.
func (g *Group) Stalled() (Stalled, error) {
	if g.version == 1 {
		return Stalled{}, fmt.Errorf("cgroup: pressure in version 1: %w", fs.ErrNotExist)
	}
	file := g.dirs[0] + "/memory.pressure"
	content, err := g.read(file)
	if err != nil {
		return Stalled{}, err
	}
	some, okSome := waited([]byte(content), "some")
	full, okFull := waited([]byte(content), "full")
	if !okSome || !okFull {
		return Stalled{}, fmt.Errorf("cgroup: /%s is %.40q: want lines that begin with some and full", file, content)
	}
	return Stalled{Some: some, Full: full}, nil
}

// ParsePressure returns from the content of a file such as /proc/pressure/cpu
// how long at least one thread has waited. It allocates nothing.
func ParsePressure(content []byte) (time.Duration, error) {
	some, ok := waited(content, "some")
	if !ok {
		return 0, fmt.Errorf("cgroup: pressure is %.60q: want a line that begins with some and ends with a total", content)
	}
	return some, nil
}

// waited reads the total, in microseconds, from the line of a kind. Format:
// Documentation/accounting/psi.rst in the kernel's source.
func waited(content []byte, kind string) (time.Duration, bool) {
	for len(content) > 0 {
		var line []byte
		line, content, _ = bytes.Cut(content, newline)
		if name, rest, _ := bytes.Cut(line, blank); string(name) == kind {
			_, total, _ := bytes.Cut(rest, totalIs)
			microseconds, ok := counter(total)
			return time.Duration(min(microseconds, maxMicroseconds)) * time.Microsecond, ok
		}
	}
	return 0, false
}

var totalIs = []byte("total=")
