package watch

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// readNetwork reads /proc/self/net/dev, which is that of the network namespace of the
// process (proc_pid_net(5)).
func readNetwork(files fs.FS) (Network, error) {
	content, err := fs.ReadFile(files, "proc/self/net/dev")
	if err != nil {
		return Network{}, fmt.Errorf("watch: %w", err)
	}
	return parseNetwork(string(content))
}

// Columns of a line after the name: eight for what was received, eight for what was
// sent (net/core/net-procfs.c).
const (
	columnBytes, columnPackets, columnDrops = 0, 1, 3
	columnSent                              = 8
	networkColumns                          = 16
)

func parseNetwork(content string) (n Network, err error) {
	found := false
	for line := range strings.Lines(content) {
		name, rest, ok := strings.Cut(line, ":")
		if !ok {
			continue // a heading
		}
		found = true
		if strings.TrimSpace(name) == "lo" {
			continue
		}
		var figures [networkColumns]uint64
		fields := strings.Fields(rest)
		if len(fields) < networkColumns {
			return Network{}, fmt.Errorf("watch: /proc/self/net/dev has %.80q: want %d numbers", line, networkColumns)
		}
		for i := range figures {
			if figures[i], err = strconv.ParseUint(fields[i], 10, 64); err != nil {
				return Network{}, fmt.Errorf("watch: /proc/self/net/dev has %.80q: %w", line, err)
			}
		}
		n.add(&figures)
	}
	if !found {
		return Network{}, fmt.Errorf("watch: /proc/self/net/dev names no interface: %.80q", content)
	}
	return n, nil
}

func (n *Network) add(figures *[networkColumns]uint64) {
	n.ReceivedBytes += figures[columnBytes]
	n.ReceivedPackets += figures[columnPackets]
	n.ReceivedDrops += figures[columnDrops]
	n.SentBytes += figures[columnSent+columnBytes]
	n.SentPackets += figures[columnSent+columnPackets]
	n.SentDrops += figures[columnSent+columnDrops]
}
