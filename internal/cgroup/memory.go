package cgroup

import (
	"errors"
	"io/fs"
)

// ErrNone says that the process is in no control group with a memory
// controller.
var ErrNone = errors.New("no control group with a memory controller")

// Group is the control group of this process, as far as memory goes.
type Group struct{ place }

// Find resolves the control group of the process whose file system root is
// fsys, which is os.DirFS("/") outside of tests. The error wraps [ErrNone]
// where there is nothing to find, as on other systems than Linux.
func Find(fsys fs.FS) (*Group, error) {
	h, err := readHierarchies(fsys, ErrNone)
	if err != nil {
		return nil, err
	}
	found, err := h.find(fsys, "memory", ErrNone)
	if err != nil {
		return nil, err
	}
	return &Group{found}, nil
}

// Memory is what the group's files say at one moment.
type Memory struct {
	// Limit is the lowest limit on the way up, its Bytes 0 where none is set.
	Limit Limit
	// WorkingSet is the memory of the group itself that the kernel cannot easily
	// take back: its usage without file pages that were not touched lately. It is
	// what Kubernetes calls working set, and what a limit has to hold; usage alone
	// saturates at the limit, since the page cache fills whatever is left. 0 if
	// not known.
	WorkingSet uint64
	// Anon is the part of it that no file backs: heap, stacks and what C code
	// allocated. 0 if not known.
	Anon uint64
	// OOMKills is that of the group, known if HasOOMKills.
	OOMKills    uint64
	HasOOMKills bool
	// Room is how much the group can still grow before the kernel kills, known
	// if HasRoom. It is the least of limit − working set over all levels that
	// have a limit: beside siblings, a pod's limit can be nearer than the lower
	// one of the container.
	Room    uint64
	HasRoom bool
}

// Memory reads all of it. The error joins what could not be read; what could
// is returned with it. Files that are not there are no error: the root of version
// 2 has no usage, and kernels before 4.13 do not count kills.
func (g *Group) Memory() (Memory, error) {
	own, faultUsage := g.usageIn(g.dirs[0])
	limits, faultLimits := g.limits(own.stat)
	m := Memory{Limit: lowest(limits), WorkingSet: own.workingSet, Anon: own.anon}
	if kills, err := g.oomKills(); err == nil {
		m.OOMKills, m.HasOOMKills = kills, true
	}
	faults := errors.Join(unlessMissing(faultUsage), faultLimits)
	for level, limit := range limits {
		used := own
		if limit.Bytes == 0 {
			continue
		}
		if level > 0 {
			var err error
			used, err = g.usageIn(g.dirs[level])
			faults = errors.Join(faults, unlessMissing(err))
		}
		m.tighten(limit.Bytes, used.workingSet)
	}
	return m, faults
}

// tighten lowers Room to what a level has left. A level whose working set is
// not known says nothing.
func (m *Memory) tighten(limit, workingSet uint64) {
	room := limit - min(workingSet, limit)
	if workingSet > 0 && (!m.HasRoom || room < m.Room) {
		m.Room, m.HasRoom = room, true
	}
}

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
