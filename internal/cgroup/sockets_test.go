package cgroup

import "testing"

func TestSockets(t *testing.T) {
	v2 := mustFind(t, files(
		"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2Container,
		"sys/fs/cgroup/memory.stat", "anon 1\nsock 8192\nsockets 3\n",
	))
	if got, err := v2.Sockets(); got != 8192 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	none := mustFind(t, files(
		"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2Container,
		"sys/fs/cgroup/memory.stat", "anon 1\nsock banana\n",
	))
	if got, err := none.Sockets(); err == nil {
		t.Errorf("got %d and no error", got)
	}
}
