package httpflight

import (
	"testing"
	"testing/fstest"

	"github.com/govitals/govitals/internal/conform"
)

func TestSocketsLifecycle(t *testing.T) {
	conform.Lifecycle(t, new(Sockets), func() conform.Starter { return new(Sockets) })
}

const mountV2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"

func TestReadSocketMemory(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	root := fstest.MapFS{
		"proc/net/sockstat":         file("sockets: used 15\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem 278\nUDP: inuse 0 mem 7\n"),
		"proc/sys/net/ipv4/tcp_mem": file("287901\t383868\t575802\n"),
		"proc/self/cgroup":          file("0::/pod\n"), "proc/self/mountinfo": file(mountV2),
		"sys/fs/cgroup/pod/memory.stat": file("anon 1\nsock 1234567\n"),
	}
	want := SocketMemory{TCP: 278 * 4096, HasTCP: true, Pressure: 383868 * 4096, Group: 1234567, HasGroup: true}
	if got, err := readSocketMemory(root, 4096); got != want || err != nil {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for name, text := range map[string]string{"no TCP": "UDP: mem 3\n", "no number": "TCP: mem x\n", "cut": "TCP: inuse 1 mem", "empty": "", "large": "TCP: mem 99999999999999999999\n"} {
		root["proc/net/sockstat"] = file(text)
		if got, err := readSocketMemory(root, 4096); err == nil || got.HasTCP || !got.HasGroup {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := readSocketMemory(fstest.MapFS{}, 4096); got != (SocketMemory{}) || err == nil {
		t.Errorf("without /proc: %+v, %v", got, err)
	}
}

func TestSocketsSayWhenTheKernelRunsOut(t *testing.T) {
	s := &Sockets{last: SocketMemory{TCP: 900, HasTCP: true, Pressure: 1000}}
	if f := s.Findings(); len(f) != 1 || f[0].Cause != "tcp_mem" {
		t.Errorf("findings: %+v", f)
	}
	s.last.TCP = 100
	if f := s.Findings(); len(f) != 0 {
		t.Errorf("findings: %+v", f)
	}
}
