package ringdir

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"time"
)

// Grace is how long the files of an owner may stay untouched before it counts
// as gone. It is ten times BeatEvery, so that a busy machine does not make a
// living process look dead.
const Grace = 10 * time.Minute

// BeatEvery is how often a user of a Dir calls [Dir.Beat].
const BeatEvery = time.Minute

// Config says where records are kept and which of them.
type Config struct {
	// Dir is the directory. It is made, with mode 0700, when it is missing,
	// also when it vanishes later.
	Dir string
	// MaxBytes bounds the size of all files together, and of one record.
	MaxBytes int64
	// MaxFiles bounds their number.
	MaxFiles int
	// Main is the extension of the file that a record is about. Records
	// without it do not push out records that have it.
	Main string
	// Last is how many of the newest records are kept, Largest how many of
	// the largest.
	Last, Largest int
	// Pinned lists the kinds of which all records are kept while the bounds
	// allow it, the most valuable kind first.
	Pinned []string
}

// Dir writes, lists and prunes records. All methods may be called from any
// goroutine, but NewID, Write and Prune of one record belong into one.
type Dir struct {
	config Config
	owner  string
	create func(*os.Root, string) (file, error) // createFile, but for tests

	mu          sync.Mutex
	lastAt      time.Time // of the latest ID, so that each is later than the one before
	latest      string    // the record that was written last, and what it takes
	latestBytes int64
}

// file is what Write needs of an *os.File.
type file interface {
	io.WriteCloser
	Sync() error
}

// New returns a Dir that owns no record yet. It does not touch the disk.
func New(config Config) *Dir {
	return &Dir{config: config, owner: newOwner(os.Getpid(), time.Now()), create: createFile}
}

// newOwner names a Dir. Its random end keeps apart what was made in the same
// millisecond.
func newOwner(pid int, made time.Time) string {
	return fmt.Sprintf("p%d-%s%04x", pid, strconv.FormatInt(max(made.UnixMilli(), 0), 36), rand.N(1<<16))
}

// NewID returns the ID of a new record. IDs of one Dir are in the order in
// which they were made, even when the clock is set back.
func (d *Dir) NewID(at time.Time, kind, reason string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	at = at.UTC().Truncate(time.Millisecond)
	if !at.After(d.lastAt) {
		at = d.lastAt.Add(time.Millisecond)
	}
	d.lastAt = at
	return fmt.Sprintf("%s-%s-%s-%s", at.Format(timeLayout), word(kind, maxKind), word(reason, maxReason), d.owner)
}

// Beat tells other processes that this one lives. Call it each BeatEvery.
func (d *Dir) Beat(now time.Time) error {
	records, err := d.Records()
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Own {
			return d.touch(r.Files[0].Name, now)
		}
	}
	return nil
}

func (d *Dir) touch(name string, now time.Time) error {
	root, err := os.OpenRoot(d.config.Dir)
	if err != nil {
		return fmt.Errorf("ringdir: %w", err)
	}
	defer root.Close()
	if err := root.Chtimes(name, now, now); err != nil {
		return fmt.Errorf("ringdir: touch in %s: %w", d.config.Dir, err)
	}
	return nil
}

// Check reports whether a file could be written now. It leaves none behind.
func (d *Dir) Check(now time.Time) error {
	root, err := d.open()
	if err != nil {
		return err
	}
	defer root.Close()
	name := d.NewID(now, "check", "can write") + ".check" + tmpSuffix
	defer func() { _ = root.Remove(name) }()
	_, err = d.fill(root, name, 1, func(w io.Writer) error {
		_, err := w.Write([]byte("x"))
		return err
	})
	if err != nil {
		return fmt.Errorf("ringdir: write in %s: %w", d.config.Dir, err)
	}
	return nil
}
