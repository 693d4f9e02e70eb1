//go:build !linux

package proc

import (
	"os"
	"time"
)

// Read returns an error that wraps errors.ErrUnsupported: only Linux has
// /proc/self/task.
func (w *Waits) Read() error { return unsupported("waits of threads") }

// Suspended returns an error that wraps errors.ErrUnsupported.
func Suspended() (time.Duration, error) { return 0, unsupported("time in suspend") }

// File is a small file that is read again and again.
type File struct {
	path   string
	buffer []byte
}

// NewFile returns the File at an absolute path, of which the first most bytes
// are read.
func NewFile(path string, most int) *File { return &File{path, make([]byte, most)} }

// Read returns the content as of now, valid until the next Read.
func (f *File) Read() ([]byte, error) {
	content, err := os.ReadFile(f.path)
	return append(f.buffer[:0], content[:min(len(content), cap(f.buffer))]...), err
}
