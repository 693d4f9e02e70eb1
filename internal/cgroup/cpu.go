package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
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
	// Version is 1 or 2.
	Version int
	fsys    fs.FS
	// dirs are the group's directory and those of its ancestors, the innermost
	// first, relative to the root of fsys.
	dirs []string
	// usageDir is where version 1 accounts usage, "" where it does not.
	usageDir string
}

// FindCPU resolves the group of the process whose file system root is fsys,
// which is os.DirFS("/") outside of tests. The error wraps [ErrNoCPU] where
// there is nothing to find, as on other systems than Linux.
//
// Like [Find] it prefers version 1, where the controller is listed: a
// controller belongs to one version at a time (cgroups(7)).
func FindCPU(fsys fs.FS) (*CPU, error) {
	cgroups, err := fs.ReadFile(fsys, "proc/self/cgroup")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cgroup: %w (%w)", ErrNoCPU, err)
	}
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	mounts, err := fs.ReadFile(fsys, "proc/self/mountinfo")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cgroup: %w (%w)", ErrNoCPU, err)
	}
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	if dirs := controllerDirs(string(cgroups), string(mounts), "cpu"); len(dirs) > 0 {
		cpu := &CPU{Version: 1, fsys: fsys, dirs: dirs}
		if usage := controllerDirs(string(cgroups), string(mounts), "cpuacct"); len(usage) > 0 {
			cpu.usageDir = usage[0]
		}
		return cpu, nil
	}
	if dirs := controllerDirs(string(cgroups), string(mounts), ""); len(dirs) > 0 {
		return &CPU{Version: 2, fsys: fsys, dirs: dirs}, nil
	}
	return nil, fmt.Errorf("cgroup: %w: none is listed in /proc/self/cgroup and mounted", ErrNoCPU)
}

// controllerDirs returns the directories of the group that a version 1
// controller holds this process in, or of the version 2 group if controller is
// "". It returns none where that is not listed or not mounted.
func controllerDirs(cgroups, mountinfo, controller string) []string {
	groupPath, listed := controllerGroup(cgroups, controller)
	mounted, ok := controllerMount(mountinfo, controller)
	if !listed || !ok {
		return nil
	}
	return mounted.dirs(groupPath)
}

// controllerGroup picks the line of /proc/self/cgroup for a controller. That of
// version 2 has the hierarchy number 0 and no controllers (cgroups(7)).
func controllerGroup(cgroups, controller string) (groupPath string, ok bool) {
	for line := range strings.Lines(cgroups) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) == 3 && (fields[0] == "0") == (controller == "") && lists(fields[1], controller) {
			return fields[2], true
		}
	}
	return "", false
}

// controllerMount finds where the hierarchy of a controller is mounted. Format:
// proc(5).
func controllerMount(mountinfo, controller string) (mount, bool) {
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 6 || len(right) < 3 {
			continue
		}
		version1 := right[0] == "cgroup" && controller != "" && lists(right[2], controller)
		version2 := right[0] == "cgroup2" && controller == ""
		if version1 || version2 {
			return mount{root: unescape(left[3]), point: unescape(left[4])}, true
		}
	}
	return mount{}, false
}

// lists reports whether a word is in a list with commas. The word "" is in the
// empty list.
func lists(words, word string) bool { return slices.Contains(strings.Split(words, ","), word) }
