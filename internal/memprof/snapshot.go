package memprof

import (
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
	// Rows has one row for each stack, in no order. In a difference their figures
	// are signed, and stacks that did not change are left out.
	Rows []Row

	stacks [][]uintptr // of a difference, by Row.record
}

// Snapshot copies the rows of the latest Read. It costs 64 bytes for each
// stack; the addresses of the stacks are not copied, see [Reader.Since].
func (r *Reader) Snapshot(at time.Time, cycle uint64) Snapshot {
	return Snapshot{At: at, Cycle: cycle, Rows: slices.Clone(r.Rows())}
}

// Since returns what changed between an earlier Snapshot and the latest Read,
// with the stacks of what did. A stack that is in one of them only held nothing
// in the other. Variance is the sum of both, the bound that holds if not one
// object is the same.
func (r *Reader) Since(earlier Snapshot, at time.Time, cycle uint64) Snapshot {
	d := difference{reader: r}
	for i := range earlier.Rows {
		before := &earlier.Rows[i]
		if now := r.row(before.Hash); now != nil {
			now.compared = true
			d.add(*now, *before)
		} else {
			d.add(gone(before.Hash), *before)
		}
	}
	rows := r.Rows()
	for i := range rows {
		if !rows[i].compared {
			d.add(rows[i], Row{})
		}
		rows[i].compared = false
	}
	return Snapshot{At: at, Cycle: cycle, Rows: d.rows, stacks: d.stacks}
}

// gone is the row of a stack that is no longer in the profile.
func gone(hash uint64) Row { return Row{Hash: hash, record: -1} }

// Stack returns the return addresses of a row of a difference, leaf first, none
// where they are not known.
func (s Snapshot) Stack(row *Row) []uintptr {
	if row.record < 0 || int(row.record) >= len(s.stacks) {
		return nil
	}
	return s.stacks[row.record]
}

// difference gathers the rows of stacks that changed, with the stacks.
type difference struct {
	reader *Reader
	rows   []Row
	stacks [][]uintptr // record of a row is an index
	array  []uintptr   // which the latest stacks share
}

// add adds the difference of two rows of one stack, if there is any.
func (d *difference) add(now, before Row) {
	now.InUseBytes -= before.InUseBytes
	now.InUseObjects -= before.InUseObjects
	now.AllocBytes -= before.AllocBytes
	now.AllocObjects -= before.AllocObjects
	now.Samples -= before.Samples
	now.Variance += before.Variance
	if now.InUseBytes == 0 && now.InUseObjects == 0 && now.AllocBytes == 0 && now.AllocObjects == 0 {
		return
	}
	stack := d.copyStack(&now)
	now.record, now.compared = int32(len(d.stacks)), false
	d.rows, d.stacks = append(d.rows, now), append(d.stacks, stack)
}

// copyStack copies the stack of a row out of the buffer of the Reader.
func (d *difference) copyStack(row *Row) []uintptr {
	stack := d.reader.Stack(row)
	if cap(d.array)-len(d.array) < len(stack) {
		d.array = make([]uintptr, 0, 1<<14)
	}
	d.array = append(d.array, stack...)
	return d.array[len(d.array)-len(stack) : len(d.array) : len(d.array)]
}
