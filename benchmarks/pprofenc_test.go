//go:build unix

package benchmarks

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	netpprof "net/http/pprof"
	"runtime"
	"runtime/pprof"
	"slices"
	"syscall"
	"testing"

	"github.com/govitals/govitals/internal/pprofenc"
)

// BenchmarkDelta compares the work of a signed difference between two heap
// profiles, of which 1 % of the sites changed, with that of net/http/pprof and
// its ?seconds=1. It counts CPU time, the collector's included: the wait of a
// second does not count, nor does what else runs on the machine.
//
//	go test -bench Delta -benchtime 5x
func BenchmarkDelta(b *testing.B) {
	for _, sites := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("sites=%d", sites), func(b *testing.B) {
			kept := allocateAt(sites)
			b.StopTimer()
			base := sum(readRecords(nil))
			kept = append(kept, allocateAt(sites/100)...)
			records := readRecords(nil)
			changed := difference(base, records)
			b.StartTimer()
			var times [4][]float64
			for b.Loop() {
				for i, work := range []func(){
					func() { writeDelta(b, changed) },
					func() {
						records = readRecords(records)
						before := sum(records)
						records = readRecords(records)
						_ = difference(before, records)
						writeDelta(b, changed)
					},
					func() { _ = pprof.Lookup("heap").WriteTo(io.Discard, 0) },
					func() { askForSeconds(b) },
				} {
					runtime.GC()
					start := cpuTime(b)
					work()
					times[i] = append(times[i], cpuTime(b)-start)
				}
			}
			runtime.KeepAlive(kept)
			encode, delta, lookup, seconds := median(times[0]), median(times[1]), median(times[2]), median(times[3])
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(len(changed)), "changed")
			b.ReportMetric(encode/1e6, "encode-cpu-ms")
			b.ReportMetric(seconds/1e6, "?seconds-cpu-ms")
			b.ReportMetric(encode/seconds, "encode/?seconds")
			b.ReportMetric(delta/seconds, "delta/?seconds")
			b.ReportMetric(delta/lookup, "delta/Lookup")
		})
	}
}

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

// site is the hash of a stack and a size.
func site(r *runtime.MemProfileRecord) uint64 {
	hash := uint64(14695981039346656037)
	for _, pc := range r.Stack() {
		hash = (hash ^ uint64(pc)) * 1099511628211
		hash ^= hash >> 29
	}
	return hash ^ uint64(r.AllocBytes/max(r.AllocObjects, 1))
}

func sum(records []runtime.MemProfileRecord) map[uint64][4]int64 {
	sums := make(map[uint64][4]int64, len(records))
	for i := range records {
		r := &records[i]
		v := sums[site(r)]
		sums[site(r)] = [4]int64{v[0] + r.AllocObjects, v[1] + r.AllocBytes, v[2] + r.InUseObjects(), v[3] + r.InUseBytes()}
	}
	return sums
}

// difference returns what changed, one sample for each site.
func difference(before map[uint64][4]int64, now []runtime.MemProfileRecord) []pprofenc.Sample {
	var changed []pprofenc.Sample
	for i := range now {
		r := &now[i]
		v := before[site(r)]
		values := [4]int64{r.AllocObjects - v[0], r.AllocBytes - v[1], r.InUseObjects() - v[2], r.InUseBytes() - v[3]}
		if values != [4]int64{} {
			changed = append(changed, pprofenc.Sample{Stack: slices.Clone(r.Stack()), Values: values[:], BytesPerObject: 64})
		}
	}
	return changed
}

func writeDelta(b *testing.B, changed []pprofenc.Sample) {
	profile := pprofenc.Heap(runtime.MemProfileRate)
	profile.Samples = slices.Values(changed)
	if err := pprofenc.Write(b.Context(), io.Discard, profile); err != nil {
		b.Fatal(err)
	}
}

// cpuTime is what this process has used, in nanoseconds.
func cpuTime(b *testing.B) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return float64(used.Utime.Nano() + used.Stime.Nano())
}

func askForSeconds(b *testing.B) {
	w := httptest.NewRecorder()
	netpprof.Handler("heap").ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/debug/pprof/heap?seconds=1", nil))
	if w.Code != http.StatusOK {
		b.Fatalf("%d: %s", w.Code, w.Body)
	}
}
