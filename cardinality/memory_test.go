package cardinality_test

import (
	"runtime"
	"testing"

	"github.com/govitals/govitals/cardinality"
)

type kilobyte struct {
	counter
	_ [1024]byte
}

// heapOf returns how much the heap grows by what fill makes and returns.
func heapOf(fill func() any) int64 {
	live := func() int64 {
		runtime.GC()
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before := live()
	kept := fill()
	after := live()
	runtime.KeepAlive(kept)
	return after - before
}

// However many sets there are, the heap holds those within the cap and little else.
func TestHeapIsBounded(t *testing.T) {
	const sets = 1000
	fill := func(n int) func() any {
		return func() any {
			v := cardinality.NewVec([]string{"method", "code", "path"}, func([]string) *kilobyte { return new(kilobyte) },
				cardinality.MaxSets(sets))
			for i := range n {
				v.With3("GET", "200", pathNumber(i)).Add(1)
			}
			return v
		}
	}
	fit, few, many := heapOf(fill(sets)), heapOf(fill(10_000)), heapOf(fill(50_000))
	t.Logf("%d sets %d KiB, 10,000 sets %d KiB, 50,000 sets %d KiB", sets, fit>>10, few>>10, many>>10)
	if limit := fit + 64<<10; few > limit || many > limit {
		t.Errorf("heap grew by %d and %d bytes, want at most %d", few, many, limit)
	}
	if entries := fit - sets*1152; entries > sets*300 { // 1152 is the size class of a kilobyte
		t.Errorf("%d bytes for each set besides its child", entries/sets)
	}
	if many-few > 16<<10 {
		t.Errorf("heap grew by %d bytes more for more sets", many-few)
	}
}

// A value that is a part of something large does not keep it in memory.
func TestValuesAreCopied(t *testing.T) {
	grown := heapOf(func() any {
		v := cardinality.NewVec([]string{"path"}, newCounter)
		for i := range 100 {
			body := string(make([]byte, 64<<10)) + pathNumber(i)
			v.With(body[64<<10:]).Add(1)
		}
		return v
	})
	if grown > 200<<10 {
		t.Errorf("100 values hold %d KiB", grown>>10)
	}
}
