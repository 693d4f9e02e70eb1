//go:build unix

package benchmarks

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"slices"
	"syscall"
	"testing"

	"github.com/govitals/govitals/heap"
)

// The load of a child process: live memory of which one piece is replaced for each
// gcReplace that are allocated.
const (
	gcPair    = 128
	gcBlob    = 4096
	gcReplace = 4
	gcCycles  = 7    // in a turn
	gcRate    = 10e6 // bytes per second, for the sake of a figure
	gcChild   = "GOVITALS_GCPRICE_CHILD"
	gcSetting = "GOVITALS_GCPRICE_GOGC"
)

// gcSettings are what the forecast is made from, and what it is made for.
var gcSettings = []string{"100", "50", "200", "400"}

// gcKind is a kind of program.
type gcKind struct {
	name    string
	live    int
	blobs   float64 // the part of live memory and of allocation without pointers
	replace bool    // live objects one by one, so that they get scattered
}

var gcKinds = []gcKind{
	{"scattered", 16 << 20, 0, true},
	{"scattered-64MiB", 64 << 20, 0, true},
	{"together", 16 << 20, 0, false},
	{"mixed", 16 << 20, 0.5, true},
	{"blobs", 16 << 20, 1, true},
}

// gcResult is what a child saw in one turn.
type gcResult struct {
	Load   heap.GCLoad
	PerMiB float64 // CPU of the collector, in seconds per MiB allocated
}

// TestGCPriceChild is the load, where BenchmarkGCPrice starts it in a process of
// its own. Each line that it reads is a turn, each line that it writes a result.
func TestGCPriceChild(t *testing.T) {
	i := slices.IndexFunc(gcKinds, func(k gcKind) bool { return k.name == os.Getenv(gcChild) })
	if i < 0 {
		t.Skip("runs in a child process of BenchmarkGCPrice")
	}
	p := newGCProgram(gcKinds[i], gcFactor(os.Getenv(gcSetting)))
	for replaced := 0; p.replace && replaced < 2*p.live; replaced += p.room / gcReplace {
		p.cycle() // until all places were taken anew
	}
	results := json.NewEncoder(os.Stdout)
	for turns := bufio.NewScanner(os.Stdin); turns.Scan(); {
		if err := results.Encode(p.turn()); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkGCPrice compares what the collector costs at other settings of GOGC
// with what heap.GCLoad forecasts from a process at GOGC=100, for programs of
// several kinds. Each setting has a process of its own; they take turns, so that
// what else the machine does hits all of them. It reports the medians of
// forecast/measured over the rounds, with the least and the most. Use
// -benchtime=5x.
//
// The runtime counts the time for which a worker has a processor, which on a
// busy machine is several times what the kernel let it run. So nothing here is
// taken from the runtime's figures: a child allocates what GOGC allows, stands
// still, collects, and asks the kernel for the CPU time of the collection, idle
// marking and sweeping included. That all is still means that nothing is
// allocated while the collector marks; where much is, it counts as live, and the
// same GOGC leads to a larger heap.
func BenchmarkGCPrice(b *testing.B) {
	for _, kind := range gcKinds {
		b.Run(kind.name, func(b *testing.B) { gcCompare(b, kind) })
	}
}

func gcCompare(b *testing.B, kind gcKind) {
	turns := map[string]func() gcResult{}
	for _, gogc := range gcSettings {
		turns[gogc] = gcStart(b, kind, gogc)
	}
	ratios, constant := map[string][]float64{}, map[string][]float64{}
	for round := 0; b.Loop(); round++ {
		from := turns[gcSettings[0]]()
		unspread := from
		unspread.Load.Scatter = 0
		for _, gogc := range gcSettings[1:] {
			to := turns[gogc]()
			ratio := gcForecast(b, from, gogc) / to.PerMiB
			ratios[gogc] = append(ratios[gogc], ratio)
			constant[gogc] = append(constant[gogc], gcForecast(b, unspread, gogc)/to.PerMiB)
			b.Logf("round %d: a cycle costs %.2f ms at GOGC=100 and %.2f ms at %s, scatter %.2f and %.2f, forecast/measured %.2f",
				round, 1e3*from.Load.CPUPerCycle, 1e3*to.Load.CPUPerCycle, gogc, from.Load.Scatter, to.Load.Scatter, ratio)
		}
	}
	b.ReportMetric(0, "ns/op") // that of the child processes says nothing
	for gogc, each := range ratios {
		b.ReportMetric(median(each), "forecast/measured@"+gogc)
		b.ReportMetric(slices.Min(each), "least@"+gogc)
		b.ReportMetric(slices.Max(each), "most@"+gogc)
		b.ReportMetric(median(constant[gogc]), "without-scatter@"+gogc)
	}
}

// gcForecast is the CPU per MiB allocated at another setting, NaN if there is no
// forecast.
func gcForecast(b *testing.B, from gcResult, gogc string) float64 {
	price, ok := from.Load.At(uint64(from.Load.Live * (1 + gcFactor(gogc))))
	if !ok {
		b.Logf("no forecast for GOGC=%s from %+v", gogc, from.Load)
		return math.NaN()
	}
	return price.Cores / (from.Load.AllocRate / (1 << 20))
}

func gcFactor(gogc string) (factor float64) {
	if _, err := fmt.Sscan(gogc, &factor); err != nil {
		panic(err)
	}
	return factor / 100
}

// gcStart starts the load in a process of its own and returns what gives it a
// turn.
func gcStart(b *testing.B, kind gcKind, gogc string) (turn func() gcResult) {
	b.Helper()
	child := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestGCPriceChild$")
	child.Env = append(os.Environ(), gcChild+"="+kind.name, gcSetting+"="+gogc, "GOGC=off", "GOMEMLIMIT=off")
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); _, _ = io.Copy(io.Discard, out); _ = child.Wait() })
	results := json.NewDecoder(out)
	return func() (result gcResult) {
		if _, err := in.Write([]byte("\n")); err != nil {
			b.Fatal(err)
		}
		if err := results.Decode(&result); err != nil {
			b.Fatal(err)
		}
		return result
	}
}

// gcNode is 64 bytes and points to another one of them.
type gcNode struct {
	next    *gcNode
	payload [56]byte
}

// gcProgram allocates and collects in turn.
type gcProgram struct {
	gcKind
	room   int // bytes allocated from one collection to the next
	random *rand.Rand
	nodes  []*gcNode
	pages  [][]byte
	node   *gcNode // keep what is allocated off the stack
	page   []byte
}

func newGCProgram(kind gcKind, gogc float64) *gcProgram {
	p := &gcProgram{
		gcKind: kind, room: int(gogc * float64(kind.live)), random: rand.New(rand.NewPCG(1, 2)),
		nodes: make([]*gcNode, int((1-kind.blobs)*float64(kind.live))/gcPair),
		pages: make([][]byte, int(kind.blobs*float64(kind.live))/gcBlob),
	}
	for i := range p.nodes {
		p.nodes[i] = &gcNode{next: new(gcNode)}
	}
	for i := range p.pages {
		p.pages[i] = make([]byte, gcBlob)
	}
	return p
}

// cycle uses up the room and collects; it returns the CPU seconds of the
// collection.
func (p *gcProgram) cycle() float64 {
	for left := p.room; left > 0; left -= 2 * gcBlob {
		p.allocate()
	}
	before := gcUsed()
	runtime.GC()
	return gcUsed() - before
}

// allocate allocates 8 KiB in pieces of each kind.
func (p *gcProgram) allocate() {
	blobs := int(2 * p.blobs)
	for range blobs {
		p.page = make([]byte, gcBlob)
		if p.replaces() {
			p.pages[p.random.IntN(len(p.pages))] = p.page
		}
	}
	for range (2 - blobs) * gcBlob / gcPair {
		p.node = &gcNode{next: new(gcNode)}
		if p.replaces() {
			p.nodes[p.random.IntN(len(p.nodes))] = p.node
		}
	}
}

func (p *gcProgram) replaces() bool { return p.replace && p.random.IntN(gcReplace) == 0 }

// turn measures some cycles. A collection in which something else took the
// caches counts no more than the others: it takes the median.
func (p *gcProgram) turn() gcResult {
	var costs []float64
	var live, unused, idle float64
	for range gcCycles {
		costs = append(costs, p.cycle())
		live = gcRead("/gc/heap/live:bytes")
		unused += gcRead("/memory/classes/heap/unused:bytes")
		idle += gcRead("/memory/classes/heap/free:bytes")
	}
	load := heap.GCLoad{
		AllocRate: gcRate, Live: live, CPUPerCycle: median(costs), RoomUsed: float64(p.room) / live / gcFactor(os.Getenv(gcSetting)),
		Heap: live + float64(p.room), Scatter: unused / (unused + idle), Procs: float64(runtime.GOMAXPROCS(0)),
	}
	return gcResult{Load: load, PerMiB: load.CPUPerCycle / float64(p.room) * (1 << 20)}
}

func gcRead(name string) float64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64())
}

// gcUsed is the CPU time of this process.
func gcUsed() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
