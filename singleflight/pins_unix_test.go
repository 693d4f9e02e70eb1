//go:build linux || darwin

package singleflight_test

import (
	"context"
	"syscall"
	"testing"

	"github.com/govitals/govitals/singleflight"
)

// runtime.AddCleanup panics on mapped memory, and weak.Make ends the process.
func TestMappedMemoryIsLeftAlone(t *testing.T) {
	mapped, err := syscall.Mmap(-1, 0, mib, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	defer syscall.Munmap(mapped)
	g := newGroup(t, singleflight.Config[string, []byte]{})
	if value, _, err := g.Do(t.Context(), "key", func(context.Context) ([]byte, error) { return mapped, nil }); len(value) != mib || err != nil {
		t.Errorf("got %d bytes, %v", len(value), err)
	}
	if n := figure(g, "singleflight.generations"); n != 0 {
		t.Errorf("%v generations", n)
	}
}
