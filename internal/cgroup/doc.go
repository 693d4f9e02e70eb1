// Package cgroup finds the memory limit that the kernel holds this process to.
//
//	group, err := cgroup.Find(os.DirFS("/"))
//	limit, err := group.MemoryLimit()
//
// The limit that counts is the lowest one on the way from the process's own
// control group up to the root of what is mounted: a pod's limit sits above the
// container's group. Version 1 is used where the memory controller is listed in
// /proc/self/cgroup, else version 2; where the group's files are is read from
// /proc/self/mountinfo, since a container sees its own group at another place.
//
// # Cost
//
// Find reads two small files; MemoryLimit one file per ancestor. Both belong
// into start-up or a poll every ten seconds, not into a scrape.
//
// # What it cannot see
//
// Limits above the mounted part of the hierarchy, which a container without a
// view of its host cannot read, and limits that are not control groups: ulimits,
// Windows job objects, the host's own memory.
package cgroup
