package pprofenc

import (
	"bufio"
	"cmp"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// mapping is a file with code that is mapped into memory.
type mapping struct {
	start, limit, offset uint64
	file                 string
	used                 bool // a location lies in it
	gaps                 bool // one of them has no function, file or line
}

// mappings are sorted by start. Their ID is the index + 1.
type mappings []mapping

// unknownMapping stands in where mappings are not known: all locations lie in
// it. pprof wants one, and asks no binary for names where that one has them.
var unknownMapping = mapping{}

// readMappings reads the executable mappings of this process, or stands in for
// them where the system has no /proc/self/maps. There are as many as the kernel
// allows, 65,530 unless configured otherwise.
func readMappings() mappings {
	file, err := os.Open("/proc/self/maps")
	if err != nil {
		return mappings{unknownMapping}
	}
	defer file.Close()
	if all := parseMappings(file); len(all) > 0 {
		return all
	}
	return mappings{unknownMapping}
}

func parseMappings(r io.Reader) mappings {
	var all mappings
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if m, ok := parseMapping(lines.Text()); ok {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b mapping) int { return cmp.Compare(a.start, b.start) })
	return all
}

// parseMapping parses a line such as
//
//	00400000-0040b000 r-xp 00000000 fc:01 787766                             /bin/cat
//
// and reports false for memory that is not executable or has no name.
func parseMapping(line string) (mapping, bool) {
	var fields [5]string // addresses, permissions, offset, device, inode
	for i := range fields {
		fields[i], line, _ = strings.Cut(strings.TrimLeft(line, " "), " ")
	}
	file := strings.TrimSuffix(strings.TrimSpace(line), " (deleted)")
	start, limit, _ := strings.Cut(fields[0], "-")
	m := mapping{file: file}
	var errs [3]error
	m.start, errs[0] = strconv.ParseUint(start, 16, 64)
	m.limit, errs[1] = strconv.ParseUint(limit, 16, 64)
	m.offset, errs[2] = strconv.ParseUint(fields[2], 16, 64)
	isCode := len(fields[1]) > 2 && fields[1][2] == 'x'
	return m, errs == [3]error{} && isCode && file != "" && m.start < m.limit
}

// use returns the ID of the mapping in which a location lies, 0 for none, and
// notes whether the location could be named.
func (m mappings) use(pc uintptr, f frame) uint64 {
	after, found := slices.BinarySearchFunc(m, uint64(pc), func(m mapping, pc uint64) int { return cmp.Compare(m.start, pc) })
	if found {
		after++
	}
	if after == 0 {
		return 0
	}
	at := &m[after-1]
	if isKnown := at.limit > 0; isKnown && uint64(pc) >= at.limit {
		return 0
	}
	at.used = true
	at.gaps = at.gaps || !f.known || f.file == "" || f.line == 0
	return uint64(after)
}
