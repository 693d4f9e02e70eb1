package memprof

import (
	"cmp"
	"slices"
	"time"
)

// Snapshot is what all stacks held at one moment, or the difference of two such
// moments. It is a value that nothing changes any more.
type Snapshot struct {
	// At is when the profile was read.
	At time.Time
	// Cycle is the number of garbage collections completed by then.
	Cycle uint64
	// Rows are sorted by Hash. In a difference their figures are signed, and
	// stacks that did not change are left out.
	Rows []Row

	stacks map[uint64][]uintptr
}

// Snapshot copies the rows of the latest Read. It costs 64 bytes for each
// stack; the addresses of the stacks are not copied, see [Reader.Since].
func (r *Reader) Snapshot(at time.Time, cycle uint64) Snapshot {
	rows := slices.Clone(r.Rows())
	slices.SortFunc(rows, byHash)
	return Snapshot{At: at, Cycle: cycle, Rows: rows}
}

func byHash(a, b Row) int { return cmp.Compare(a.Hash, b.Hash) }

// Since returns what changed between an earlier Snapshot and the latest Read,
// with the stacks of what did.
func (r *Reader) Since(earlier Snapshot, at time.Time, cycle uint64) Snapshot {
	d := r.Snapshot(at, cycle).Sub(earlier)
	r.keepStacks(&d)
	return d
}

// keepStacks copies the stacks of a Snapshot out of the buffer of the Reader.
// They share one array.
func (r *Reader) keepStacks(s *Snapshot) {
	s.stacks = make(map[uint64][]uintptr, len(s.Rows))
	var all []uintptr
	for i := range s.Rows {
		row := r.row(s.Rows[i].Hash)
		if row == nil {
			continue
		}
		stack := r.Stack(row)
		if cap(all)-len(all) < len(stack) {
			all = make([]uintptr, 0, 1<<14)
		}
		all = append(all, stack...)
		s.stacks[row.Hash] = all[len(all)-len(stack) : len(all) : len(all)]
	}
}

// Stack returns the return addresses of a row, leaf first, and nil where they
// are not known.
func (s Snapshot) Stack(row *Row) []uintptr { return s.stacks[row.Hash] }

// Sub returns what changed from an earlier Snapshot to s: signed differences,
// with At and Cycle of s. A stack that is in one of them only held nothing in
// the other. Stacks are those of s, and else of the earlier one. Variance is
// the sum of both, the bound that holds if not one object is the same.
func (s Snapshot) Sub(earlier Snapshot) Snapshot {
	d := Snapshot{At: s.At, Cycle: s.Cycle, stacks: s.stacks}
	if d.stacks == nil {
		d.stacks = earlier.stacks
	}
	old := earlier.Rows
	for _, row := range s.Rows {
		for ; len(old) > 0 && old[0].Hash < row.Hash; old = old[1:] {
			d.append(Row{Hash: old[0].Hash}, old[0])
		}
		var before Row
		if len(old) > 0 && old[0].Hash == row.Hash {
			before, old = old[0], old[1:]
		}
		d.append(row, before)
	}
	for _, before := range old {
		d.append(Row{Hash: before.Hash}, before)
	}
	return d
}

// append adds the difference of two rows of one stack, if there is any.
func (s *Snapshot) append(now, before Row) {
	now.InUseBytes -= before.InUseBytes
	now.InUseObjects -= before.InUseObjects
	now.AllocBytes -= before.AllocBytes
	now.AllocObjects -= before.AllocObjects
	now.Samples -= before.Samples
	now.Variance += before.Variance
	if now.InUseBytes != 0 || now.InUseObjects != 0 || now.AllocBytes != 0 || now.AllocObjects != 0 {
		s.Rows = append(s.Rows, now)
	}
}
