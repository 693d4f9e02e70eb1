package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ErrNone says that the process is in no control group with a memory
// controller.
var ErrNone = errors.New("no control group with a memory controller")

// Group is the control group of this process, as far as memory goes.
type Group struct {
	// Version is 1 or 2.
	Version int
	fsys    fs.FS
	// dirs are the group's directory and those of its ancestors, the
	// innermost first, relative to the root of fsys.
	dirs []string
}

// Find resolves the control group of the process whose file system root is
// fsys, which is os.DirFS("/") outside of tests. The error wraps [ErrNone]
// where there is nothing to find, as on other systems than Linux.
func Find(fsys fs.FS) (*Group, error) {
	cgroups, err := fs.ReadFile(fsys, "proc/self/cgroup")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cgroup: %w (%w)", ErrNone, err)
	}
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	version, groupPath, ok := memoryGroup(string(cgroups))
	if !ok {
		return nil, fmt.Errorf("cgroup: %w: none listed in /proc/self/cgroup", ErrNone)
	}
	mounts, err := fs.ReadFile(fsys, "proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	mount, ok := memoryMount(string(mounts), version)
	if !ok {
		return nil, fmt.Errorf("cgroup: %w: version %d is not mounted", ErrNone, version)
	}
	return &Group{Version: version, fsys: fsys, dirs: mount.dirs(groupPath)}, nil
}

// memoryGroup picks the line of /proc/self/cgroup that is about memory: that of
// the version 1 memory controller or else the one of version 2, which has the
// hierarchy number 0 and no controllers (cgroups(7)).
func memoryGroup(cgroups string) (version int, groupPath string, ok bool) {
	for line := range strings.Lines(cgroups) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) != 3 {
			continue
		}
		if slices.Contains(strings.Split(fields[1], ","), "memory") {
			return 1, fields[2], true
		}
		if fields[0] == "0" && fields[1] == "" {
			version, groupPath, ok = 2, fields[2], true
		}
	}
	return version, groupPath, ok
}

// mount is one line of /proc/self/mountinfo: which part of the hierarchy (root)
// is seen where (point).
type mount struct{ root, point string }

// memoryMount finds the mount of the memory hierarchy. Format: proc(5).
func memoryMount(mountinfo string, version int) (mount, bool) {
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 6 || len(right) < 3 || !holdsMemory(right, version) {
			continue
		}
		return mount{root: unescape(left[3]), point: unescape(left[4])}, true
	}
	return mount{}, false
}

// holdsMemory reports whether a mount with the given file system type, source
// and options is the hierarchy of the memory controller.
func holdsMemory(typeSourceOptions []string, version int) bool {
	if version == 2 {
		return typeSourceOptions[0] == "cgroup2"
	}
	return typeSourceOptions[0] == "cgroup" && slices.Contains(strings.Split(typeSourceOptions[2], ","), "memory")
}

// dirs returns the directory of groupPath and of its ancestors up to the mount
// point, the innermost first, without the leading slash that fs.FS refuses. A
// path that lies outside of what is mounted stands for the mount point itself.
func (m mount) dirs(groupPath string) []string {
	point := strings.TrimPrefix(path.Clean(m.point), "/")
	below, ok := strings.CutPrefix(path.Clean("/"+groupPath), strings.TrimSuffix(m.root, "/"))
	if !ok || below != "" && below[0] != '/' || strings.HasPrefix(groupPath, "/..") { // cgroup_namespaces(7)
		below = ""
	}
	dirs := []string{}
	for below = path.Clean("/" + below); below != "/"; below = path.Dir(below) {
		dirs = append(dirs, path.Join(point, below))
	}
	return append(dirs, path.Join(".", point))
}

// unescape undoes the octal escapes of mountinfo for space, tab, newline and
// backslash.
func unescape(field string) string {
	return escapes.Replace(field)
}

var escapes = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
