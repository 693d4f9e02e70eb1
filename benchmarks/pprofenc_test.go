package benchmarks

import (
	"context"
	"io"
	"runtime"
	"runtime/pprof"
	"testing"

	"github.com/govitals/govitals/internal/memprof"
	"github.com/govitals/govitals/internal/pprofenc"
)

// BenchmarkHeapProfile compares a whole heap profile of 100,000 sites, read and
// written, with that of runtime/pprof.
func BenchmarkHeapProfile(b *testing.B) {
	kept := allocateAt(100_000)
	var reader memprof.Reader
	profile := pprofenc.Heap(runtime.MemProfileRate)
	profile.Samples = func(yield func(pprofenc.Sample) bool) { eachSite(&reader, yield) }
	race(b,
		contestant{"pprofenc", 1, func() {
			if err := reader.Read(); err != nil {
				b.Fatal(err)
			}
			_ = pprofenc.Write(context.Background(), io.Discard, profile)
		}},
		contestant{"Lookup", 1, func() { _ = pprof.Lookup("heap").WriteTo(io.Discard, 0) }},
	)
	runtime.KeepAlive(kept)
}

// eachSite yields what each stack holds.
func eachSite(reader *memprof.Reader, yield func(pprofenc.Sample) bool) {
	var values [4]int64
	rows := reader.Rows()
	for i := range rows {
		row := &rows[i]
		values = [4]int64{row.AllocObjects, row.AllocBytes, row.InUseObjects, row.InUseBytes}
		if !yield(pprofenc.Sample{Stack: reader.Stack(row), Values: values[:]}) {
			return
		}
	}
}

// allocateAt allocates once at each of n sites, which are call paths 24 deep.
// Only then is every allocation recorded: what the contestants allocate costs
// them what it costs in a service.
func allocateAt(n int) [][]byte {
	kept := make([][]byte, n)
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 1
	for path := range kept {
		kept[path] = descend(path, 24)
	}
	runtime.GC() // publishes what was recorded, the second time what was freed
	runtime.GC()
	return kept
}

//go:noinline
func descend(path, depth int) []byte {
	if depth == 0 {
		return make([]byte, 64)
	}
	if path&1 == 1 {
		return descend(path>>1, depth-1)
	}
	return descend(path>>1, depth-1)
}
