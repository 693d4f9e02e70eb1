//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"
)

func unsupported(what string) error {
	return fmt.Errorf("proc: %s on %s: %w", what, runtime.GOOS, errors.ErrUnsupported)
}

// RSS returns an error that wraps errors.ErrUnsupported: only Linux has
// /proc/self/statm.
func RSS() (uint64, error) { return 0, unsupported("resident memory") }

// Unbacked returns an error that wraps errors.ErrUnsupported: only Linux has
// /proc/self/status.
func Unbacked() (uint64, error) { return 0, unsupported("memory that no file backs") }

// Descriptors returns an error that wraps errors.ErrUnsupported: only Linux has
// /proc/self/fd.
func Descriptors() (int, error) { return 0, unsupported("open descriptors") }

// DescriptorList returns an error that wraps errors.ErrUnsupported.
func DescriptorList(int) ([]Descriptor, error) { return nil, unsupported("list of descriptors") }

// DescriptorKinds returns an error that wraps errors.ErrUnsupported.
func DescriptorKinds(int) (map[string]int, error) { return nil, unsupported("kinds of descriptors") }

// DescriptorLimit returns an error that wraps errors.ErrUnsupported.
func DescriptorLimit() (uint64, error) { return 0, unsupported("limit of descriptors") }

// Read returns an error that wraps errors.ErrUnsupported: only Linux has
// /proc/self/task.
func (w *Waits) Read() error { return unsupported("waits of threads") }

// Suspended returns an error that wraps errors.ErrUnsupported.
func Suspended() (time.Duration, error) { return 0, unsupported("time in suspend") }

// Files returns the file system of this machine.
func Files() fs.FS { return os.DirFS("/") }

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
