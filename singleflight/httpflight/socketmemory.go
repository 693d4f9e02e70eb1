package httpflight

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/govitals/govitals/internal/cgroup"
)

// SocketMemory is what the kernel holds for sockets, where a heap profile, RSS
// and GOMEMLIMIT do not see it.
type SocketMemory struct {
	// TCP is the memory of all TCP sockets of the machine, known if HasTCP: the
	// kernel counts it across containers.
	TCP    uint64
	HasTCP bool
	// Pressure is the amount of TCP at which the kernel begins to shrink the
	// buffers of all sockets, 0 if not known: the second figure of
	// net.ipv4.tcp_mem.
	Pressure uint64
	// Group is what is charged to the control group of this process, known if
	// HasGroup. It counts towards the limit of the container.
	Group    uint64
	HasGroup bool
}

// ReadSocketMemory reads it from /proc/net/sockstat and from memory.stat of the
// control group. A figure that cannot be read is left out with the reason in the
// error; the others hold. Other systems than Linux have none of them.
func ReadSocketMemory() (SocketMemory, error) {
	return readSocketMemory(os.DirFS("/"), uint64(os.Getpagesize()))
}

func readSocketMemory(root fs.FS, page uint64) (SocketMemory, error) {
	var m SocketMemory
	pages, errTCP := tcpPages(root)
	if errTCP == nil {
		m.TCP, m.HasTCP = pages*page, true
	}
	if pages, err := pressurePages(root); err == nil {
		m.Pressure = pages * page
	}
	group, err := cgroup.Find(root)
	if err == nil {
		m.Group, err = group.Sockets()
		m.HasGroup = err == nil
	}
	if errors.Is(err, cgroup.ErrNone) || errors.Is(err, fs.ErrNotExist) {
		err = nil // absent, and nothing is wrong with that
	}
	return m, errors.Join(errTCP, err)
}

// tcpPages reads the figure after "mem" in the line "TCP:" (proc_pid_net(5)).
func tcpPages(root fs.FS) (uint64, error) {
	const file = "proc/net/sockstat"
	content, err := fs.ReadFile(root, file)
	if err != nil {
		return 0, fmt.Errorf("httpflight: %w", err)
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "TCP:" {
			continue
		}
		for i := 1; i+1 < len(fields); i += 2 {
			if fields[i] == "mem" {
				return parsePages(fields[i+1])
			}
		}
	}
	return 0, fmt.Errorf("httpflight: /%s has no figure mem for TCP", file)
}

func pressurePages(root fs.FS) (uint64, error) {
	content, err := fs.ReadFile(root, "proc/sys/net/ipv4/tcp_mem")
	if err != nil {
		return 0, err
	}
	if fields := strings.Fields(string(content)); len(fields) == 3 {
		return parsePages(fields[1])
	}
	return 0, fmt.Errorf("httpflight: tcp_mem is %.60q: want three numbers", content)
}

// parsePages reads a number of pages. It fits into 64 bits as bytes, too.
func parsePages(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 40)
	if err != nil {
		return 0, fmt.Errorf("httpflight: number of pages is %.40q: want a number", s)
	}
	return n, nil
}
