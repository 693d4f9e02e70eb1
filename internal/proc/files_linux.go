package proc

import (
	"io/fs"
	"os"
	"syscall"
)

// Files returns the file system of this machine for files of the kernel, in
// /proc and /sys. Its ReadFile makes four system calls, where os.ReadFile also
// asks for the size, which such files do not have, and registers the file with
// the poller: twice the time.
func Files() fs.FS { return files{os.DirFS("/")} }

type files struct{ fs.FS }

// ReadFile implements [fs.ReadFileFS].
func (files) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	content, err := readFile("/"+name, make([]byte, 0, 4096))
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: "/" + name, Err: err}
	}
	return content, nil
}

// readFile appends the content of a file to a buffer.
func readFile(name string, into []byte) ([]byte, error) {
	fd, err := retry(func() (int, error) { return syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	for {
		if len(into) == cap(into) {
			into = append(into, 0)[:len(into)]
		}
		n, err := retry(func() (int, error) { return syscall.Read(fd, into[len(into):cap(into)]) })
		if err != nil || n <= 0 {
			return into, err
		}
		into = into[:len(into)+n]
	}
}

// retry repeats a system call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != syscall.EINTR {
			return n, err
		}
	}
}
