// Package cgroup finds the memory limit that the kernel holds this process to,
// and how much of it is used.
//
//	group, err := cgroup.Find(os.DirFS("/"))
//	memory, err := group.Memory() // limit, working set, room, kills
//
// The limit that counts is the lowest one on the way from the process's own
// control group up to the root of what is mounted: a pod's limit sits above the
// container's group. Version 1 is used where the memory controller is listed in
// /proc/self/cgroup, else version 2; where the group's files are is read from
// /proc/self/mountinfo, since a container sees its own group at another place.
//
// # Cost
//
// Find reads two small files, mountinfo being a long one on busy hosts: keep
// the Group, and find it again when its files fail or after some minutes, since
// a process can be moved. Memory reads three files, one per ancestor, and two
// more for each ancestor with a limit; about 10 to 30 µs each. All of it belongs
// into start-up or a poll every ten seconds, not into a scrape.
//
// # What it cannot see
//
// With version 2, limits above the mounted part of the hierarchy, which a
// container without a view of its host cannot read (version 1 states them in
// memory.stat), and how much of such a limit others use; which process of the
// group the memory belongs to; limits that are not control groups: ulimits,
// Windows job objects, the host's own memory.
package cgroup
