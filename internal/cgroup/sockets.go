package cgroup

// Sockets returns the memory of the group that the kernel uses for sockets: the
// bytes that are received and not read, sent and not acknowledged, or not sent
// yet. Version 1 counts it for TCP alone and since somebody asked for a limit on
// it; the root of version 2 does not count it.
func (g *Group) Sockets() (uint64, error) {
	if g.version == 1 {
		file := g.dirs[0] + "/memory.kmem.tcp.usage_in_bytes"
		content, err := g.read(file)
		if err != nil {
			return 0, err
		}
		return number(file, content)
	}
	return g.readField("memory.stat", "sock")
}
