package flight_test

import (
	"runtime"
	"testing"

	"github.com/govitals/govitals/internal/flight"
)

// A map of which little is left gives its memory back, and loses nothing.
func TestShrink(t *testing.T) {
	const n = 100_000
	before, most := heapNow(), 0
	m := map[int]int{}
	for i := range n {
		m[i] = i
	}
	for i := range n - 10 {
		delete(m, i)
		m = flight.Shrink(m, &most)
	}
	if after := heapNow(); after > before+64<<10 {
		t.Errorf("a map of %d holds %d KiB", len(m), (after-before)>>10)
	}
	for i := n - 10; i < n; i++ {
		if m[i] != i {
			t.Errorf("%d is lost", i)
		}
	}
	if len(m) != 10 {
		t.Errorf("%d are left", len(m))
	}
}

func heapNow() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
