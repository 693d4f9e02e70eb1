package memprof

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

func TestSinceIsTheDifferenceOfEachStack(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var r Reader
	for range 50 {
		before, after := someHeap(rng), someHeap(rng)
		load(t, &r, before)
		snapshot := r.Snapshot(someTime, 1)
		load(t, &r, after)
		for range 2 { // the second time as the first
			checkDifference(t, &r, snapshot, before, after)
		}
		checkDifference(t, &r, Snapshot{}, nil, after)
	}
}

// someHeap returns bytes by address of up to 20 stacks, some of them empty.
func someHeap(rng *rand.Rand) map[uintptr]int64 {
	heap := map[uintptr]int64{}
	for range rng.IntN(20) {
		heap[1+uintptr(rng.IntN(15))] = rng.Int64N(5)
	}
	return heap
}

func load(t *testing.T, r *Reader, heap map[uintptr]int64) {
	t.Helper()
	var records []runtime.MemProfileRecord
	for pc, n := range heap {
		records = append(records, record(pc, n, n))
	}
	if err := r.Load(records, 1); err != nil {
		t.Fatal(err)
	}
}

func checkDifference(t *testing.T, r *Reader, earlier Snapshot, before, after map[uintptr]int64) {
	t.Helper()
	d := r.Since(earlier, someTime, 2)
	got := map[uint64]Row{}
	for _, row := range d.Rows {
		got[row.Hash] = row
	}
	if len(got) != len(d.Rows) || d.Cycle != 2 {
		t.Fatalf("%d rows for %d stacks, cycle %d", len(d.Rows), len(got), d.Cycle)
	}
	for pc := uintptr(1); pc <= 15; pc++ {
		want := after[pc] - before[pc]
		row, changed := got[hashStack([]uintptr{pc})]
		if row.InUseBytes != want || row.AllocObjects != want || changed != (want != 0) {
			t.Fatalf("%v less %v: stack %d is %+v, want %d", after, before, pc, row, want)
		}
		if _, isThere := after[pc]; changed && isThere {
			if stack := d.Stack(&row); len(stack) != 1 || stack[0] != pc {
				t.Fatalf("the stack of %d is %v", pc, stack)
			}
		} else if stack := d.Stack(&row); changed && len(stack) > 0 {
			t.Fatalf("a stack that is gone is %v", stack)
		}
	}
}

// A heap that stands still costs a difference nothing.
func TestSinceDoesNotAllocateWhereNothingChanged(t *testing.T) {
	var r Reader
	load(t, &r, map[uintptr]int64{1: 10, 2: 20})
	snapshot := r.Snapshot(someTime, 1)
	if n := testing.AllocsPerRun(20, func() { r.Since(snapshot, someTime, 2) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
