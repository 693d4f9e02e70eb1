package benchmarks

import (
	"context"
	"io"
	"runtime"
	"runtime/pprof"
	"testing"

	"github.com/govitals/govitals/internal/pprofenc"
)

// BenchmarkHeapProfile compares a whole heap profile of 100,000 sites, read and
// written, with that of runtime/pprof.
func BenchmarkHeapProfile(b *testing.B) {
	kept := allocateAt(100_000)
	records := readRecords(nil)
	profile := pprofenc.Heap(runtime.MemProfileRate)
	race(b,
		contestant{"pprofenc", 1, func() {
			records = readRecords(records)
			profile.Samples = pprofenc.Records(records, runtime.MemProfileRate)
			_ = pprofenc.Write(context.Background(), io.Discard, profile)
		}},
		contestant{"Lookup", 1, func() { _ = pprof.Lookup("heap").WriteTo(io.Discard, 0) }},
	)
	runtime.KeepAlive(kept)
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

func readRecords(into []runtime.MemProfileRecord) []runtime.MemProfileRecord {
	for {
		n, ok := runtime.MemProfile(into[:cap(into)], true)
		if ok {
			return into[:n]
		}
		into = make([]runtime.MemProfileRecord, n+n/10)
	}
}
