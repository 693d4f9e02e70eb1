package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const descriptors = "/proc/self/fd"

// Descriptors returns how many file descriptors this process has open.
func Descriptors() (int, error) {
	count := -1 // the one that is open to count the others
	err := eachDescriptor(func(string) bool { count++; return true })
	return count, err
}

// DescriptorKinds counts up to most open descriptors by what they are: "socket",
// "pipe", "anon_inode:[eventpoll]", or the directory of a file.
func DescriptorKinds(most int) (map[string]int, error) {
	kinds := map[string]int{}
	seen := 0
	err := eachDescriptor(func(name string) bool {
		if target, err := os.Readlink(filepath.Join(descriptors, name)); err == nil {
			kinds[descriptorKind(target)]++
		}
		seen++
		return seen < most
	})
	return kinds, err
}

// descriptorKind turns "socket:[4711]" into "socket" and a path into its
// directory, so that the number of kinds stays small.
func descriptorKind(target string) string {
	if strings.HasPrefix(target, "/") {
		return "files in " + filepath.Dir(target)
	}
	kind, _, _ := strings.Cut(target, ":[")
	return kind
}

// eachDescriptor calls visit with the name of each open descriptor until it
// returns false. It reads in pieces: there may be a million.
func eachDescriptor(visit func(name string) bool) error {
	dir, err := os.Open(descriptors)
	if err != nil {
		return fmt.Errorf("proc: %w", err)
	}
	defer dir.Close()
	for {
		names, err := dir.Readdirnames(1024)
		for _, name := range names {
			if !visit(name) {
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("proc: %w", err)
		}
	}
}

// DescriptorLimit returns how many descriptors this process may open.
func DescriptorLimit() (uint64, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("proc: limit of descriptors: %w", err)
	}
	return limit.Cur, nil
}
