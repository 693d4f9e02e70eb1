package watch

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// networkReader adds up the interfaces. The sum does not fall when one of them goes, as
// that of a container does on the machine itself: a counter that falls is taken for one
// that began anew, and its rate for all that there ever was.
type networkReader struct {
	last map[string]Network // by interface
	gone Network            // of those that are no more
}

// read reads /proc/self/net/dev, which is that of the network namespace of the process
// (proc_pid_net(5)).
func (r *networkReader) read(files fs.FS) (Network, error) {
	content, err := fs.ReadFile(files, "proc/self/net/dev")
	if err != nil {
		return Network{}, fmt.Errorf("watch: %w", err)
	}
	now, err := parseNetwork(string(content))
	if err != nil {
		return Network{}, err
	}
	return r.add(now), nil
}

// add returns the sum with the interfaces as they are now.
func (r *networkReader) add(now map[string]Network) Network {
	for name, last := range r.last {
		still := now[name]
		for i, count := range last.counts() {
			if *still.counts()[i] < *count { // it went, and may be there again
				*r.gone.counts()[i] += *count
			}
		}
	}
	r.last = now
	sum := r.gone
	for _, n := range now {
		for i, count := range n.counts() {
			*sum.counts()[i] += *count
		}
	}
	return sum
}

func (n *Network) counts() [6]*uint64 {
	return [...]*uint64{&n.ReceivedBytes, &n.ReceivedPackets, &n.ReceivedDrops, &n.SentBytes, &n.SentPackets, &n.SentDrops}
}

// Columns of a line after the name: eight for what was received, eight for what was
// sent (net/core/net-procfs.c).
const (
	columnBytes, columnPackets, columnDrops = 0, 1, 3
	columnSent                              = 8
	networkColumns                          = 16
)

// parseNetwork returns what each interface counts, but for the loopback.
func parseNetwork(content string) (map[string]Network, error) {
	all, found := map[string]Network{}, false
	for line := range strings.Lines(content) {
		name, rest, ok := strings.Cut(line, ":")
		if !ok {
			continue // a heading
		}
		found = true
		if name = strings.TrimSpace(name); name == "lo" {
			continue
		}
		n, err := parseInterface(rest)
		if err != nil {
			return nil, fmt.Errorf("watch: /proc/self/net/dev has %.80q: %w", line, err)
		}
		all[name] = n
	}
	if !found {
		return nil, fmt.Errorf("watch: /proc/self/net/dev names no interface: %.80q", content)
	}
	return all, nil
}

func parseInterface(columns string) (n Network, err error) {
	var figures [networkColumns]uint64
	fields := strings.Fields(columns)
	if len(fields) < networkColumns {
		return n, fmt.Errorf("want %d numbers", networkColumns)
	}
	for i := range figures {
		if figures[i], err = strconv.ParseUint(fields[i], 10, 64); err != nil {
			return n, err
		}
	}
	return Network{
		ReceivedBytes: figures[columnBytes], SentBytes: figures[columnSent+columnBytes],
		ReceivedPackets: figures[columnPackets], SentPackets: figures[columnSent+columnPackets],
		ReceivedDrops: figures[columnDrops], SentDrops: figures[columnSent+columnDrops],
	}, nil
}
