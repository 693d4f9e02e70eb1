package cgroup

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// layout names the files of a version: Documentation/admin-guide/cgroup-v2.rst
// and cgroup-v1/memory.rst in the kernel's source.
type layout struct {
	limit, usage       string
	anon, inactiveFile string // fields of memory.stat
	oomKills           string // the file with the field oom_kill
}

func (g *Group) layout() layout {
	if g.version == 1 {
		return layout{
			limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes",
			anon: "total_rss", inactiveFile: "total_inactive_file", // without "total_" it leaves out the groups below
			oomKills: "memory.oom_control",
		}
	}
	return layout{
		limit: "memory.max", usage: "memory.current",
		anon: "anon", inactiveFile: "inactive_file",
		oomKills: "memory.events",
	}
}

// usage is what the files of one group say about memory in use.
type usage struct {
	workingSet, anon uint64
	stat             string // the content of memory.stat
}

// oomKills returns how many processes of the group the kernel has killed
// because memory ran out. Kernels before 4.13 do not say.
func (g *Group) oomKills() (uint64, error) {
	return g.readField(g.layout().oomKills, "oom_kill")
}

// readField reads one field of a file of the group.
func (g *Group) readField(file, name string) (uint64, error) {
	file = g.dirs[0] + "/" + file
	content, err := g.read(file)
	if err != nil {
		return 0, err
	}
	return field(file, content, name)
}

func (g *Group) usageIn(dir string) (usage, error) {
	names, statFile, currentFile := g.layout(), dir+"/memory.stat", dir+"/"+g.layout().usage
	stat, err := g.read(statFile)
	if err != nil {
		return usage{}, err
	}
	current, err := g.read(currentFile)
	if err != nil {
		return usage{stat: stat}, err
	}
	total, faultTotal := number(currentFile, current)
	anon, faultAnon := field(statFile, stat, names.anon)
	inactive, faultInactive := field(statFile, stat, names.inactiveFile)
	used := usage{anon: anon, stat: stat}
	if faultTotal == nil && faultInactive == nil {
		used.workingSet = total - min(inactive, total) // the two files are not read at the same instant
	}
	return used, errors.Join(faultTotal, faultAnon, faultInactive)
}

// number reads the content of a file that holds one number.
func number(file, content string) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(content), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("cgroup: /%s is %.40q: want a number", file, content)
	}
	return n, nil
}

// field reads one field of a file with a name and a number on each line.
func field(file, content, name string) (uint64, error) {
	for line := range strings.Lines(content) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return number(file+" "+name, value)
		}
	}
	return 0, fmt.Errorf("cgroup: /%s has no field %s", file, name)
}
