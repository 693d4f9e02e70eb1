package memprof

import (
	"math/bits"
	"runtime"
)

// Row is what one stack holds. All figures but Samples are estimates, scaled
// from samples.
type Row struct {
	// Hash identifies the stack within this process.
	Hash uint64
	// InUseBytes and InUseObjects are allocated and not freed.
	InUseBytes, InUseObjects int64
	// AllocBytes and AllocObjects were ever allocated.
	AllocBytes, AllocObjects int64
	// Samples counts the sampled objects behind the figures in use.
	Samples int64
	// Variance is the sampling variance of InUseBytes, in square bytes.
	Variance float64

	record   int32 // the first record of this stack, -1 if there is none
	tracked  bool  // scratch of Tracker
	compared bool  // scratch of Reader.Since
}

// table merges records of equal stacks. The runtime keeps one record for each
// stack and object size, and stacks that differ beyond the 32nd frame look
// alike.
type table struct {
	rows  []Row
	slots []uint32 // open addressing: 0 is free, else one more than an index of rows
	scale scaler
}

// reset empties the table and makes room for n records.
func (t *table) reset(n, rate int) {
	t.scale = scaler{rate: rate}
	if n > cap(t.rows) {
		t.rows = make([]Row, 0, n)
	}
	t.rows = t.rows[:0]
	if size := 2 << bits.Len(uint(n)); len(t.slots) < size { // at most half full
		t.slots = make([]uint32, size)
		return
	}
	clear(t.slots)
}

// add merges one record.
func (t *table) add(r *runtime.MemProfileRecord, at int32) {
	hash := hashStack(r.Stack())
	row, slot := t.find(hash)
	if row < 0 {
		row = len(t.rows)
		t.rows = append(t.rows, Row{Hash: hash, record: at})
		t.slots[slot] = uint32(row) + 1
	}
	t.rows[row].add(r, &t.scale)
}

func (w *Row) add(r *runtime.MemProfileRecord, scale *scaler) {
	objects, bytes := scale.scale(r.AllocObjects, r.AllocBytes)
	w.AllocObjects, w.AllocBytes = sum(w.AllocObjects, objects), sum(w.AllocBytes, bytes)
	objects, bytes = scale.scale(r.InUseObjects(), r.InUseBytes())
	w.InUseObjects, w.InUseBytes = sum(w.InUseObjects, objects), sum(w.InUseBytes, bytes)
	w.Samples = sum(w.Samples, min(max(r.InUseObjects(), 0), objects))
	w.Variance += scale.variance(bytes)
}

// sum adds figures that are 0 to ceiling.
func sum(a, b int64) int64 { return min(a+b, ceiling) }

// find returns the index of the row with a hash, or -1 and the slot in which it
// belongs.
func (t *table) find(hash uint64) (row int, slot uint64) {
	mask := uint64(len(t.slots) - 1)
	for slot = hash & mask; ; slot = (slot + 1) & mask {
		taken := t.slots[slot]
		if taken == 0 {
			return -1, slot
		}
		if t.rows[taken-1].Hash == hash {
			return int(taken - 1), slot
		}
	}
}
