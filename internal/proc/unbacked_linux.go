package proc

import "fmt"

// Unbacked returns the memory of this process that no file backs, in bytes:
// resident or swapped out, private or shared. The kernel cannot drop it, as it
// can the pages of the program file and of files that are mapped.
//
// The error wraps errors.ErrUnsupported where the kernel does not tell the kinds
// apart (Linux before 4.5).
func Unbacked() (uint64, error) {
	var buffer [4096]byte
	status, err := readFile("/proc/self/status", buffer[:0])
	if err != nil {
		return 0, fmt.Errorf("proc: /proc/self/status: %w", err)
	}
	return unbackedBytes(string(status))
}
