// Package statefile keeps a small piece of state over restarts, in one file.
//
//	file := statefile.File{Path: "/var/lib/app/trends.json", MaxBytes: 1 << 20}
//	err := file.Save(content)
//	content, err := file.Load()
//
// A file is replaced as a whole: whoever reads it, also after a crash, sees the
// old content or the new one. Content that its owner cannot use is set aside and
// not overwritten, so that a person can look at it. What is no regular file, such as
// a directory or /dev/null, is left alone.
//
// # Cost
//
// One write, two syncs and a rename per Save: once every few minutes, not per
// event.
//
// # What it cannot see
//
// Two processes that save to one path: the last one wins.
package statefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// File is a file that holds state.
type File struct {
	// Path is where the file is. Its directory must exist.
	Path string
	// MaxBytes is how much Load reads at most; a larger file is an error.
	MaxBytes int64
}

// check returns an error if there is something that must not be read, renamed or
// replaced: a directory, a device, a pipe.
func (f File) check() error {
	if info, err := os.Stat(f.Path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("statefile: %s is not a regular file (%v): name one that may be replaced", f.Path, info.Mode().Type())
	}
	return nil
}

// Save replaces the content of the file. It is readable by its owner alone.
func (f File) Save(content []byte) error {
	if err := f.check(); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.Path), filepath.Base(f.Path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("statefile: %w", err)
	}
	err = write(tmp, content)
	if err == nil {
		err = os.Rename(tmp.Name(), f.Path)
	}
	if err != nil {
		return fmt.Errorf("statefile: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	syncDir(filepath.Dir(f.Path))
	return nil
}

func write(tmp *os.File, content []byte) error {
	_, err := tmp.Write(content)
	if err == nil {
		err = tmp.Sync()
	}
	return errors.Join(err, tmp.Close())
}

// syncDir makes the rename last through a power cut, as far as the system can:
// some cannot sync a directory, and the content is complete either way.
func syncDir(path string) {
	if dir, err := os.Open(path); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
}

// Load returns the content, and none without an error where there is no file yet.
func (f File) Load() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	file, err := os.Open(f.Path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("statefile: %w", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, f.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("statefile: %w", err)
	}
	if int64(len(content)) > f.MaxBytes {
		return nil, fmt.Errorf("statefile: %s is larger than %d bytes: it is not a file of ours", f.Path, f.MaxBytes)
	}
	return content, nil
}

// SetAside renames the file, so that the next Save does not destroy what it
// holds, and returns the new path. Only the latest file set aside is kept.
func (f File) SetAside() (string, error) {
	if err := f.check(); err != nil {
		return "", err
	}
	aside := f.Path + ".unusable"
	if err := os.Rename(f.Path, aside); err != nil {
		return "", fmt.Errorf("statefile: %w", err)
	}
	return aside, nil
}
