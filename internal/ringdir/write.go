package ringdir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// ErrTooLarge says that one record alone would exceed Config.MaxBytes.
var ErrTooLarge = errors.New("the record is larger than all files together may be")

var errEmpty = errors.New("nothing was written to the file")

// Write makes the file of a record with the given extension, or replaces it,
// and returns its size. fill writes the content. The file appears whole or,
// with an error, not at all.
func (d *Dir) Write(id, ext string, now time.Time, fill func(io.Writer) error) (int64, error) {
	n, err := d.write(id+"."+ext, now, d.room(id), fill)
	if err != nil {
		return 0, fmt.Errorf("ringdir: write %s in %s: %w", ext, d.config.Dir, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.latestBytes += n
	return n, nil
}

// room returns how large the next file of a record may be.
func (d *Dir) room(id string) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id != d.latest {
		d.latest, d.latestBytes = id, 0
	}
	return d.config.MaxBytes - d.latestBytes
}

func (d *Dir) write(name string, now time.Time, room int64, fill func(io.Writer) error) (int64, error) {
	if _, ok := parse(name); !ok {
		return 0, fmt.Errorf("%.80q is not a name of ours: use an ID of NewID and an extension of letters", name)
	}
	root, err := d.open()
	if err != nil {
		return 0, err
	}
	defer root.Close()
	tmp, renamed := name+tmpSuffix, false
	defer func() { // also when fill panics
		if !renamed {
			_ = root.Remove(tmp)
		}
	}()
	n, err := d.fill(root, tmp, room, fill)
	if err == nil {
		err = root.Chtimes(tmp, now, now)
	}
	if err == nil {
		err = root.Rename(tmp, name)
		renamed = err == nil
	}
	if err == nil {
		syncDir(root)
	}
	return n, err
}

// open opens the directory and makes it where it is missing. It is opened for
// each operation, because a handle would outlive the removal of the directory
// and write into nowhere.
func (d *Dir) open() (*os.Root, error) {
	if err := os.MkdirAll(d.config.Dir, 0o700); err != nil {
		return nil, err
	}
	return os.OpenRoot(d.config.Dir)
}

// fill writes and syncs a new file of at most room bytes.
func (d *Dir) fill(root *os.Root, name string, room int64, fill func(io.Writer) error) (n int64, err error) {
	f, err := d.create(root, name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := &bounded{to: f, left: room}
	if err := fill(w); err != nil {
		return 0, err
	}
	if w.written == 0 {
		return 0, errEmpty
	}
	return w.written, f.Sync()
}

// createFile refuses a name that exists, which also means that it follows no
// link that somebody laid there.
func createFile(root *os.Root, name string) (file, error) {
	return root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// syncDir makes a rename last through a power cut, as far as the system can: some
// cannot sync a directory, and say so with errors of many kinds. The file is there
// and whole either way, so it is no failure of the record.
func syncDir(root *os.Root) {
	if dir, err := root.Open("."); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
}

// bounded refuses to write more than is left.
type bounded struct {
	to      io.Writer
	left    int64
	written int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, ErrTooLarge
	}
	n, err := b.to.Write(p)
	b.left -= int64(n)
	b.written += int64(n)
	return n, err
}
