//go:build unix

package main

import "syscall"

// readInSystemCall reads a pipe that the runtime does not poll, so the thread
// waits in the kernel.
func readInSystemCall() {
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		panic(err)
	}
	go func() {
		var b [1]byte
		_, _ = syscall.Read(ends[0], b[:])
	}()
}
