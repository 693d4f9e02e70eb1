package proc

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

const descriptors = "/proc/self/fd"

// Descriptors returns how many file descriptors this process has open.
func Descriptors() (int, error) {
	count := -1 // the one that is open to count the others
	err := eachDescriptor(func(string) bool { count++; return true })
	if errors.Is(err, syscall.EMFILE) { // none is left to count the others with
		limit, err := DescriptorLimit()
		return int(min(limit, math.MaxInt32)), err
	}
	return count, err
}

// DescriptorList returns up to most open descriptors, without the one that is
// open to list the others. One that is closed meanwhile is left out.
func DescriptorList(most int) ([]Descriptor, error) {
	var list []Descriptor
	own := fmt.Sprintf("/proc/%d/fd", os.Getpid())
	err := eachDescriptor(func(name string) bool {
		number, bad := strconv.Atoi(name)
		target, gone := os.Readlink(filepath.Join(descriptors, name))
		if bad == nil && gone == nil && target != own {
			list = append(list, Descriptor{Number: number, Target: target})
		}
		return len(list) < most
	})
	return list, err
}

// DescriptorKinds counts up to most open descriptors by what they are: "socket",
// "pipe", "anon_inode:[eventpoll]", or the directory of a file.
func DescriptorKinds(most int) (map[string]int, error) {
	kinds := map[string]int{}
	seen := 0
	err := eachDescriptor(func(name string) bool {
		if target, err := os.Readlink(filepath.Join(descriptors, name)); err == nil {
			kinds[Descriptor{Target: target}.Kind()]++
		}
		seen++
		return seen < most
	})
	return kinds, err
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
