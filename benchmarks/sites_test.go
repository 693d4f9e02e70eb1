package benchmarks

import (
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"

	"github.com/govitals/govitals/heap"
)

// sitesRounds is how often the contestants run in turn.
const sitesRounds = 15

// BenchmarkSitesStep compares a step of heap.Sites over 100,000 allocation
// sites with writing the same heap profile. Sampling has to be at a rate of 1
// from the first allocation, so it runs in a process of its own.
func BenchmarkSitesStep(b *testing.B) {
	if runtime.MemProfileRate != 1 {
		runWithEveryAllocationSampled(b)
		return
	}
	kept := allocateFrom(100_000)
	// At a rate of 1 what pprof allocates itself would be sampled as well and slow
	// it down. What was sampled so far stays.
	runtime.MemProfileRate = 512 << 10
	runtime.GC()
	runtime.GC()
	records, _ := runtime.MemProfile(nil, true)
	buffer := make([]runtime.MemProfileRecord, records+1000)
	sites := heap.NewSites()
	sites.Step()
	race(b,
		contestant{"Sites.Step", 1, sites.Step},
		contestant{"pprof.WriteTo", 1, func() { _ = pprof.Lookup("heap").WriteTo(io.Discard, 0) }},
		contestant{"MemProfile", 1, func() { runtime.MemProfile(buffer, true) }},
	)
	if err := sites.Err(); err != nil {
		b.Fatal(err)
	}
	runtime.GC() // the sites of this function are new: let them be known
	runtime.GC()
	sites.Step()
	b.ReportMetric(bytesPerCall(sites.Step), "B/step")
	b.ReportMetric(float64(records), "sites")
	b.ReportMetric(frames(buffer[:records]), "frames/site")
	b.ReportMetric(float64(sites.Own())/(1<<20), "MiB-own")
	runtime.KeepAlive(kept)
}

// runWithEveryAllocationSampled runs the benchmark that calls it in another
// process and reports its figures.
func runWithEveryAllocationSampled(b *testing.B) {
	cmd := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^"+b.Name()+"$", "-test.benchtime="+strconv.Itoa(sitesRounds)+"x")
	cmd.Env = append(os.Environ(), "GODEBUG=memprofilerate=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	b.ReportMetric(0, "ns/op") // that of the other process says nothing
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "Benchmark") || len(fields) < 4 {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			b.ReportMetric(value, fields[i+1])
		}
		return
	}
	b.Fatalf("no figures\n%s", out)
}

// bytesPerCall returns what a call allocates.
func bytesPerCall(do func()) float64 {
	const calls = 5
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		do()
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / calls
}

// frames returns the mean depth of stacks.
func frames(records []runtime.MemProfileRecord) float64 {
	sum := 0
	for i := range records {
		sum += len(records[i].Stack())
	}
	return float64(sum) / float64(len(records))
}

// allocateFrom allocates one object from each of n stacks, random walks of 7
// calls over 1,000 functions. Each call is three frames: next, a wrapper that
// the compiler makes for a generic function, and node. With those of the
// benchmark that makes 24.
func allocateFrom(n int) []*[64]byte {
	walk := &walker{nodes: nodes(), rng: rand.New(rand.NewPCG(1, 2)), kept: make([]*[64]byte, 0, n)}
	for range n {
		walk.next(7)
	}
	return walk.kept
}

type walker struct {
	rng   *rand.Rand
	nodes []func(*walker, int)
	kept  []*[64]byte
}

func (w *walker) next(depth int) { w.nodes[w.rng.IntN(len(w.nodes))](w, depth) }

// Ten types of different shapes make a thousand functions of one with three
// type parameters.
type (
	d0 [1]byte
	d1 [2]byte
	d2 [3]byte
	d3 [4]byte
	d4 [5]byte
	d5 [6]byte
	d6 [7]byte
	d7 [8]byte
	d8 [9]byte
	d9 [10]byte
)

// nodes are the thousand functions.
func nodes() []func(*walker, int) {
	w := new(walker)
	for _, add := range []func(*walker){
		third[d0], third[d1], third[d2], third[d3], third[d4],
		third[d5], third[d6], third[d7], third[d8], third[d9],
	} {
		add(w)
	}
	return w.nodes
}

func third[A any](w *walker) {
	second[A, d0](w)
	second[A, d1](w)
	second[A, d2](w)
	second[A, d3](w)
	second[A, d4](w)
	second[A, d5](w)
	second[A, d6](w)
	second[A, d7](w)
	second[A, d8](w)
	second[A, d9](w)
}

func second[A, B any](w *walker) {
	w.nodes = append(w.nodes,
		node[A, B, d0], node[A, B, d1], node[A, B, d2], node[A, B, d3], node[A, B, d4],
		node[A, B, d5], node[A, B, d6], node[A, B, d7], node[A, B, d8], node[A, B, d9])
}

// node goes on to another node, or allocates.
//
//go:noinline
func node[A, B, C any](w *walker, depth int) {
	if depth == 0 {
		w.kept = append(w.kept, new([64]byte))
		return
	}
	w.next(depth - 1)
}
