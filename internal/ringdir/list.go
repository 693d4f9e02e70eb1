package ringdir

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Record is a group of files that belong together.
type Record struct {
	// ID is the common stem of the files' names.
	ID string
	// At is when the record was made.
	At time.Time
	// Kind and Reason are those given to NewID, as words.
	Kind, Reason string
	// PID is the process that made it; Own says that it was this Dir.
	PID int
	Own bool
	// Files are its files by name, at least one; Bytes is their size.
	Files []File
	Bytes int64

	owner   string
	touched time.Time
}

// File is one file of a record.
type File struct {
	// Name is the name within the directory, Ext what follows the ID.
	Name, Ext string
	// Bytes is the size.
	Bytes int64
}

// Records lists the records of all owners, the newest first. A missing
// directory holds none.
func (d *Dir) Records() ([]Record, error) {
	records, _, err := d.list()
	return records, err
}

// seen is one file of ours in the directory.
type seen struct {
	parsed
	name    string
	bytes   int64
	touched time.Time
}

// list returns the records and, apart, files that are not finished.
func (d *Dir) list() (records []Record, unfinished []seen, err error) {
	files, err := d.files()
	if err != nil {
		return nil, nil, fmt.Errorf("ringdir: list %s: %w", d.config.Dir, err)
	}
	byID := map[string]*Record{}
	for _, f := range files {
		if f.tmp {
			unfinished = append(unfinished, f)
			continue
		}
		r := byID[f.id]
		if r == nil {
			r = &Record{ID: f.id, At: f.at, Kind: f.kind, Reason: f.reason, PID: f.pid, Own: f.owner == d.owner, owner: f.owner}
			byID[f.id] = r
		}
		r.add(f)
	}
	for _, r := range byID {
		slices.SortFunc(r.Files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
		records = append(records, *r)
	}
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(b.ID, a.ID) }) // the ID begins with the time
	return records, unfinished, nil
}

func (r *Record) add(f seen) {
	r.Files = append(r.Files, File{Name: f.name, Ext: f.ext, Bytes: f.bytes})
	r.Bytes += f.bytes
	if f.touched.After(r.touched) {
		r.touched = f.touched
	}
}

// piece is how many entries of the directory are held at a time: others may
// have filled it with theirs.
const piece = 256

func (d *Dir) files() ([]seen, error) {
	dir, err := os.Open(d.config.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var ours []seen
	for {
		entries, err := dir.ReadDir(piece)
		for _, entry := range entries {
			if f, ok := look(entry); ok {
				ours = append(ours, f)
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, fs.ErrNotExist) {
			return ours, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// look returns what is to know about a file of ours. One that vanishes in
// between was pruned by another process.
func look(entry fs.DirEntry) (seen, bool) {
	p, ok := parse(entry.Name())
	if !ok || !entry.Type().IsRegular() {
		return seen{}, false
	}
	info, err := entry.Info()
	if err != nil {
		return seen{}, false
	}
	return seen{parsed: p, name: entry.Name(), bytes: info.Size(), touched: info.ModTime()}, true
}

// Open opens a finished file by its name, as Records gives it. A name that is
// not of our form, such as a path, does not exist.
func (d *Dir) Open(name string) (*os.File, error) {
	p, ok := parse(name)
	if !ok || p.tmp {
		return nil, fmt.Errorf("ringdir: no file %.80q: %w", name, fs.ErrNotExist)
	}
	root, err := os.OpenRoot(d.config.Dir)
	if err != nil {
		return nil, fmt.Errorf("ringdir: %w", err)
	}
	defer root.Close()
	if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("ringdir: %s is not a regular file: %w", name, fs.ErrNotExist)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("ringdir: %w", err)
	}
	return f, nil
}
