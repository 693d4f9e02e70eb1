package cgroup

import (
	"errors"
	"io/fs"
)

// ErrNoCPU says that the process is in no control group with a CPU controller.
var ErrNoCPU = errors.New("no control group with a CPU controller")

// CPU is the control group of this process as far as processor time goes. With
// version 1 it can be another one than that of memory, and usage is accounted
// in a third hierarchy, cpuacct.
//
//	cpu, err := cgroup.FindCPU(os.DirFS("/"))
//	quota, err := cpu.Quota()
//	stat, err := cpu.Stat()
type CPU struct {
	place
	// usageDir is where version 1 accounts usage, "" where it does not.
	usageDir string
}

// FindCPU resolves the group of the process whose file system root is fsys,
// which is os.DirFS("/") outside of tests. The error wraps [ErrNoCPU] where
// there is nothing to find, as on other systems than Linux.
func FindCPU(fsys fs.FS) (*CPU, error) {
	h, err := readHierarchies(fsys, ErrNoCPU)
	if err != nil {
		return nil, err
	}
	cpu := &CPU{}
	if cpu.place, err = h.find(fsys, "cpu", ErrNoCPU); err != nil {
		return nil, err
	}
	if usage := h.dirs("cpuacct"); cpu.version == 1 && len(usage) > 0 {
		cpu.usageDir = usage[0]
	}
	return cpu, nil
}
