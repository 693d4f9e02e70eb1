package proc

import (
	"fmt"
	"syscall"
	"unsafe"
)

// File is a small file of the kernel that is read again and again, without
// allocating and without holding a descriptor.
type File struct {
	name   string
	path   []byte // the same with the zero byte that the kernel wants
	buffer []byte
}

// NewFile returns the File at an absolute path, of which the first most bytes
// are read.
func NewFile(path string, most int) *File {
	return &File{name: path, path: append([]byte(path), 0), buffer: make([]byte, most)}
}

// Read returns the content as of now, valid until the next Read.
func (f *File) Read() ([]byte, error) {
	content, err := readFileZ(f.path, f.buffer[:0])
	if err != nil {
		return nil, fmt.Errorf("proc: %s: %w", f.name, err)
	}
	return content, nil
}

// readFileZ reads what fits from the file at a path that ends with a zero byte.
// The path and the content may share their memory. One call of read is enough
// for the small files of /proc, and all that a file with a longer text gives.
func readFileZ(path, into []byte) ([]byte, error) {
	fd, err := retry(func() (int, error) { return open(path) })
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	n, err := retry(func() (int, error) { return syscall.Read(fd, into[:cap(into)]) })
	return into[:max(0, n)], err
}

// open is syscall.Open of a path that ends with a zero byte. syscall.Open takes
// a string, which it copies to the heap.
func open(path []byte) (int, error) {
	const here = -100 // AT_FDCWD: openat(2)
	at := here
	fd, _, errno := syscall.Syscall6(syscall.SYS_OPENAT, uintptr(at),
		uintptr(unsafe.Pointer(&path[0])), syscall.O_RDONLY|syscall.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}
