package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// place is where the files of the group are that a controller holds this process
// in.
type place struct {
	version int // 1 or 2
	fsys    fs.FS
	// dirs are the group's directory and those of its ancestors, the
	// innermost first, relative to the root of fsys.
	dirs []string
}

func (p place) read(file string) (string, error) {
	content, err := fs.ReadFile(p.fsys, file)
	if err != nil {
		return "", fmt.Errorf("cgroup: %w", err)
	}
	return string(content), nil
}

// hierarchies are what the kernel lists of a process: /proc/self/cgroup and
// /proc/self/mountinfo.
type hierarchies struct{ groups, mounts string }

// readHierarchies returns an error that wraps none where the system has no such
// files.
func readHierarchies(fsys fs.FS, none error) (hierarchies, error) {
	var lists [2]string
	for i, file := range [...]string{"proc/self/cgroup", "proc/self/mountinfo"} {
		list, err := fs.ReadFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) {
			return hierarchies{}, fmt.Errorf("cgroup: %w (%w)", none, err)
		}
		if err != nil {
			return hierarchies{}, fmt.Errorf("cgroup: %w", err)
		}
		lists[i] = string(list)
	}
	return hierarchies{groups: lists[0], mounts: lists[1]}, nil
}

// find returns the place for a controller. It prefers version 1, where the
// controller is listed: a controller belongs to one version at a time
// (cgroups(7)). Where there is none, the error wraps the given one.
func (h hierarchies) find(fsys fs.FS, controller string, none error) (place, error) {
	if dirs := h.dirs(controller); len(dirs) > 0 {
		return place{1, fsys, dirs}, nil
	}
	if dirs := h.dirs(""); len(dirs) > 0 {
		return place{2, fsys, dirs}, nil
	}
	return place{}, fmt.Errorf("cgroup: %w: none is listed in /proc/self/cgroup and mounted", none)
}

// dirs returns the directories of the group that a version 1 controller holds
// this process in, or of the version 2 group if controller is "". It returns none
// where that is not listed or not mounted.
func (h hierarchies) dirs(controller string) []string {
	groupPath, listed := h.group(controller)
	mounted, ok := h.mount(controller)
	if !listed || !ok {
		return nil
	}
	return mounted.dirs(groupPath)
}

// group picks the line of /proc/self/cgroup for a controller. That of version 2
// has the hierarchy number 0 and no controllers (cgroups(7)).
func (h hierarchies) group(controller string) (groupPath string, ok bool) {
	for line := range strings.Lines(h.groups) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) == 3 && (fields[0] == "0") == (controller == "") && lists(fields[1], controller) {
			return fields[2], true
		}
	}
	return "", false
}

// mount is one line of /proc/self/mountinfo: which part of the hierarchy (root)
// is seen where (point).
type mount struct{ root, point string }

// mount finds where the hierarchy of a controller is mounted. Format: proc(5).
func (h hierarchies) mount(controller string) (mount, bool) {
	for line := range strings.Lines(h.mounts) {
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

// dirs returns the directory of groupPath and of its ancestors up to the mount
// point, the innermost first, without the leading slash that fs.FS refuses. A
// path that lies outside of what is mounted, or of the namespace, in which case
// it begins with "/.." (cgroup_namespaces(7)), stands for the mount point itself.
func (m mount) dirs(groupPath string) []string {
	point := strings.TrimPrefix(path.Clean(m.point), "/")
	below, ok := strings.CutPrefix(path.Clean("/"+groupPath), strings.TrimSuffix(m.root, "/"))
	if !ok || below != "" && below[0] != '/' || strings.HasPrefix(groupPath, "/..") {
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
