package ringdir

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Prune removes what the ring does not keep. Call it after each record; written
// says whether its main file could be written. If not, nothing that could be the
// last good record is removed: only older failed ones go, so that they do not pile
// up.
func (d *Dir) Prune(now time.Time, written bool) error {
	records, unfinished, err := d.list()
	if err != nil {
		return err
	}
	var names []string
	for _, f := range unfinished {
		if now.Sub(f.touched) > Grace {
			names = append(names, f.name)
		}
	}
	for _, r := range d.config.giveUp(records, now, written) {
		for _, f := range r.Files {
			names = append(names, f.Name)
		}
	}
	return d.remove(names)
}

func (d *Dir) remove(names []string) error {
	if len(names) == 0 {
		return nil
	}
	root, err := os.OpenRoot(d.config.Dir)
	if err != nil {
		return fmt.Errorf("ringdir: prune: %w", err)
	}
	defer root.Close()
	var faults error
	for _, name := range names {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) && !d.isForeign(name, err) {
			faults = errors.Join(faults, err)
		}
	}
	if faults != nil {
		return fmt.Errorf("ringdir: prune %s: %w", d.config.Dir, faults)
	}
	return nil
}

// isForeign reports whether a file stays because it is another user's, in a directory
// in which everyone removes only their own. That is no fault of ours.
func (d *Dir) isForeign(name string, err error) bool {
	p, ok := parse(name)
	return ok && p.owner != d.owner && errors.Is(err, fs.ErrPermission)
}

// giveUp decides which records go. records are sorted, the newest first.
func (c Config) giveUp(records []Record, now time.Time, written bool) []Record {
	own, gone := split(records, now)
	kept, dropped := c.ring(own, written)
	if !written {
		return dropped
	}
	bytes, files := size(append(slices.Clone(gone), kept...))
	for _, r := range c.inOrder(kept, gone) {
		if bytes <= c.MaxBytes && files <= c.MaxFiles {
			break
		}
		dropped = append(dropped, r)
		bytes, files = bytes-r.Bytes, files-len(r.Files)
	}
	return dropped
}

// split picks out what this Dir may remove: its own records, and those of
// owners that are gone.
func split(records []Record, now time.Time) (own, gone []Record) {
	touched := map[string]time.Time{}
	for _, r := range records {
		if r.touched.After(touched[r.owner]) {
			touched[r.owner] = r.touched
		}
	}
	for _, r := range records {
		switch {
		case r.Own:
			own = append(own, r)
		case now.Sub(touched[r.owner]) > Grace:
			gone = append(gone, r)
		}
	}
	return own, gone
}

// ring divides our own records into those that belong to the ring and the rest.
// Records without the main file have a ring of their own, of the last ones.
func (c Config) ring(own []Record, written bool) (kept, dropped []Record) {
	largest := c.largest(own)
	rank := map[bool]int{}
	for _, r := range own {
		whole := r.has(c.Main)
		recent := rank[whole] < c.Last
		rank[whole]++
		if recent || whole && (!written || slices.Contains(largest, r.ID) || slices.Contains(c.Pinned, r.Kind)) {
			kept = append(kept, r)
		} else {
			dropped = append(dropped, r)
		}
	}
	return kept, dropped
}

// largest returns the IDs of the largest records; of equal ones the newest.
func (c Config) largest(own []Record) []string {
	bySize := slices.DeleteFunc(slices.Clone(own), func(r Record) bool { return !r.has(c.Main) })
	slices.SortStableFunc(bySize, func(a, b Record) int { return cmp.Compare(b.Bytes, a.Bytes) })
	var ids []string
	for _, r := range bySize[:min(c.Largest, len(bySize))] {
		ids = append(ids, r.ID)
	}
	return ids
}

// inOrder returns the records in the order in which they are given up when the
// bounds are exceeded: what gone owners left, then our own by worth; within
// each the oldest first. Our newest record is not among them.
func (c Config) inOrder(own, gone []Record) []Record {
	order := slices.Clone(gone)
	slices.Reverse(order)
	if len(own) == 0 {
		return order
	}
	ours := slices.Clone(own[1:])
	slices.Reverse(ours)
	slices.SortStableFunc(ours, func(a, b Record) int { return cmp.Compare(c.worth(a), c.worth(b)) })
	return append(order, ours...)
}

// worth is higher for what is given up later.
func (c Config) worth(r Record) int {
	if pinned := slices.Index(c.Pinned, r.Kind); pinned >= 0 {
		return len(c.Pinned) - pinned
	}
	return 0
}

func (r Record) has(ext string) bool {
	return slices.ContainsFunc(r.Files, func(f File) bool { return f.Ext == ext })
}

func size(records []Record) (bytes int64, files int) {
	for _, r := range records {
		bytes += r.Bytes
		files += len(r.Files)
	}
	return bytes, files
}
