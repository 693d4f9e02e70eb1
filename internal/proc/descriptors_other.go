//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"runtime"
)

// Descriptors returns an error that wraps errors.ErrUnsupported: only Linux has
// /proc/self/fd.
func Descriptors() (int, error) { return 0, unsupported("open descriptors") }

// DescriptorList returns an error that wraps errors.ErrUnsupported.
func DescriptorList(int) ([]Descriptor, error) { return nil, unsupported("list of descriptors") }

// DescriptorKinds returns an error that wraps errors.ErrUnsupported.
func DescriptorKinds(int) (map[string]int, error) { return nil, unsupported("kinds of descriptors") }

// DescriptorLimit returns an error that wraps errors.ErrUnsupported.
func DescriptorLimit() (uint64, error) { return 0, unsupported("limit of descriptors") }

func unsupported(what string) error {
	return fmt.Errorf("proc: %s on %s: %w", what, runtime.GOOS, errors.ErrUnsupported)
}
