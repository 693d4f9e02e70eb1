package memprof

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
)

// kept is what tests leave on the heap.
var kept [][]byte

//go:noinline
func retain(n, size int) {
	for range n {
		kept = append(kept, make([]byte, size))
	}
}

// settle publishes the profile of everything allocated so far and holds it
// still until the test ends.
func settle(t testing.TB) {
	runtime.GC()
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
}

func TestTotalsAreThoseOfGoToolPprof(t *testing.T) {
	retain(200, 64<<10)
	settle(t)
	var r Reader
	if err := r.Read(); err != nil {
		t.Fatal(err)
	}
	var profile bytes.Buffer
	if err := pprof.Lookup("heap").WriteTo(&profile, 0); err != nil {
		t.Fatal(err)
	}
	var total [4]int64
	for _, row := range r.Rows() {
		for i, v := range []int64{row.AllocObjects, row.AllocBytes, row.InUseObjects, row.InUseBytes} {
			total[i] += v
		}
	}
	if want := rawTotals(t, &profile); total != want {
		t.Errorf("alloc objects, alloc bytes, objects and bytes in use are %v, go tool pprof says %v", total, want)
	}
}

// rawTotals sums up what go tool pprof reads from a profile.
func rawTotals(t *testing.T, profile *bytes.Buffer) (total [4]int64) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "heap.pb.gz")
	if err := os.WriteFile(file, profile.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "pprof", "-raw", file).Output()
	if err != nil {
		t.Fatalf("go tool pprof: %v", err)
	}
	_, samples, _ := strings.Cut(string(out), "Samples:\n")
	samples, _, _ = strings.Cut(samples, "Locations\n")
	for line := range strings.Lines(samples) {
		values, _, found := strings.Cut(line, ":")
		fields := strings.Fields(values)
		if !found || len(fields) != 4 {
			continue // the names of the columns, or labels
		}
		for i, f := range fields {
			n, err := strconv.ParseInt(f, 10, 64)
			if err != nil {
				break
			}
			total[i] += n
		}
	}
	return total
}

func TestRowsAreTheRecordsOfEachStackScaledAndSummed(t *testing.T) {
	for i := range 40 {
		retain(8, 1000*(i+1)) // one stack, many sizes: as many records
	}
	settle(t)
	var r Reader
	if err := r.Read(); err != nil {
		t.Fatal(err)
	}
	records := make([]runtime.MemProfileRecord, 100_000)
	n, ok := runtime.MemProfile(records, true)
	if !ok {
		t.Fatalf("%d records", n)
	}
	want := map[string][2]int64{}
	for _, record := range records[:n] {
		key, had := fmt.Sprint(record.Stack()), want[fmt.Sprint(record.Stack())]
		objects, bytes := pprofScale(record.InUseObjects(), record.InUseBytes(), int64(runtime.MemProfileRate))
		want[key] = [2]int64{had[0] + objects, had[1] + bytes}
	}
	for i := range r.Rows() {
		row := &r.Rows()[i]
		key := fmt.Sprint(r.Stack(row))
		if got := [2]int64{row.InUseObjects, row.InUseBytes}; got != want[key] {
			t.Errorf("stack %s holds %v objects and bytes, want %v", key, got, want[key])
		}
		delete(want, key)
	}
	for key, left := range want { // read after ours, so stacks may be new, but hold nothing
		if left != [2]int64{} {
			t.Errorf("stack %s with %v is missing", key, left)
		}
	}
}

// pprofScale is the formula of runtime/pprof, written down once more.
func pprofScale(count, size, rate int64) (int64, int64) {
	if count == 0 || size == 0 {
		return 0, 0
	}
	scale := 1 / (1 - math.Exp(-float64(size)/float64(count)/float64(rate)))
	return int64(float64(count) * scale), int64(float64(size) * scale)
}

func TestARateOfOneIsExact(t *testing.T) {
	var r Reader
	if err := r.Load([]runtime.MemProfileRecord{record(7, 3, 300)}, 1); err != nil {
		t.Fatal(err)
	}
	if row := r.Rows()[0]; row.InUseBytes != 300 || row.InUseObjects != 3 || row.Variance != 0 {
		t.Errorf("row is %+v, want 3 objects and 300 bytes without error", row)
	}
}

// record makes a record of a stack with one address.
func record(pc uintptr, objects, bytes int64) (r runtime.MemProfileRecord) {
	r.AllocObjects, r.AllocBytes = objects, bytes
	r.Stack0[0] = pc
	return r
}

func TestProfilingOffIsSaid(t *testing.T) {
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	retain(100, 64<<10)
	settle(t)
	var r Reader
	if err := r.Read(); err != nil || len(r.Rows()) == 0 {
		t.Fatalf("%v, %d rows", err, len(r.Rows()))
	}
	runtime.MemProfileRate = 0
	if err := r.Read(); !errors.Is(err, ErrOff) || len(r.Rows()) != 0 {
		t.Errorf("error is %v with %d rows, want ErrOff and none", err, len(r.Rows()))
	}
}

func TestTooManyRecordsAreSaidAndNotRead(t *testing.T) {
	retain(100, 64<<10)
	settle(t)
	r := Reader{MaxRecords: 1}
	err := r.Read()
	if !errors.Is(err, ErrTooMany) || !strings.Contains(err.Error(), "at most 1;") {
		t.Errorf("error is %v, want ErrTooMany with the bound", err)
	}
	if r.buffer != nil || len(r.Rows()) != 0 {
		t.Errorf("%d records and %d rows are kept", len(r.buffer), len(r.Rows()))
	}
	if err := r.Load(make([]runtime.MemProfileRecord, 2), 1); !errors.Is(err, ErrTooMany) {
		t.Errorf("replayed: error is %v", err)
	}
}

func TestReadDoesNotAllocate(t *testing.T) {
	var r Reader
	if err := r.Read(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() { _ = r.Read() }); n > 0 {
		t.Errorf("%v allocations per read", n)
	}
}

func TestSimilarStacksHaveDifferentHashes(t *testing.T) {
	seen := make(map[uint64]bool, 1<<17)
	stack := make([]uintptr, 24)
	for i := range uintptr(1 << 17) {
		for d := range stack { // 17 bits spread over frames of few functions
			stack[d] = 0x480000 + uintptr(d)*64 + i>>(d%17)&1*16
		}
		seen[hashStack(stack)] = true
	}
	seen[hashStack(stack[:23])], seen[hashStack(nil)] = true, true
	if want := 1<<17 + 2; len(seen) != want {
		t.Errorf("%d hashes of %d stacks", len(seen), want)
	}
}
