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
	"strings"
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
	// piece makes an object of another kind, and says how large it is.
	piece func(*rand.Rand) (any, int)
}

var gcKinds = []gcKind{
	{"scattered", 16 << 20, 0, true, nil},
	{"scattered-64MiB", 64 << 20, 0, true, nil},
	{"together", 16 << 20, 0, false, nil},
	{"mixed", 16 << 20, 0.5, true, nil},
	{"blobs", 16 << 20, 1, true, nil},
	// These two were not looked at while the formula was made.
	{"texts", 16 << 20, 0, true, gcText},
	{"cache", 16 << 20, 0, true, gcEntry},
}

// gcText is 32 to 256 bytes without pointers.
func gcText(random *rand.Rand) (any, int) {
	switch random.IntN(4) {
	case 0:
		return new([32]byte), 32
	case 1:
		return new([64]byte), 64
	case 2:
		return new([128]byte), 128
	}
	return new([256]byte), 256
}

// gcCached is what an LRU cache keeps: a key, a value and two neighbours.
type gcCached struct {
	key, value []byte
	neighbours [2]*gcCached
}

func gcEntry(*rand.Rand) (any, int) {
	return &gcCached{key: make([]byte, 24), value: make([]byte, 1000)}, 64 + 24 + 1024
}

// gcResult is what a child saw in one turn.
type gcResult struct {
	Load   heap.GCLoad
	PerMiB float64 // CPU of the collector, in seconds per MiB allocated
	Swept  float64 // CPU of sweeping what was allocated, which comes on top
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
// marking included. It collects twice: the first also sweeps what was allocated,
// which the runtime does not count as collection and which costs the same at any
// size of the heap. That all is still means that nothing is allocated while the
// collector marks; where much is, it counts as live, and the same GOGC leads to a
// larger heap.
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
	ratios := map[string][]float64{}
	for round := 0; b.Loop(); round++ {
		from := turns[gcSettings[0]]()
		unspread := from
		unspread.Load.Scatter = 0
		for _, gogc := range gcSettings[1:] {
			to := turns[gogc]()
			note := func(name string, ratio float64) { ratios[name+"@"+gogc] = append(ratios[name+"@"+gogc], ratio) }
			forecast := gcForecast(b, from, gogc)
			note("forecast/measured", forecast/to.PerMiB)
			note("without-scatter", gcForecast(b, unspread, gogc)/to.PerMiB)
			note("with-sweeping", (forecast+from.Swept)/(to.PerMiB+to.Swept))
			b.Logf("round %d: a cycle costs %.2f ms at GOGC=100 and %.2f ms at %s, sweeping a MiB %.0f and %.0f µs, scatter %.2f and %.2f",
				round, 1e3*from.Load.CPUPerCycle, 1e3*to.Load.CPUPerCycle, gogc, 1e6*from.Swept, 1e6*to.Swept, from.Load.Scatter, to.Load.Scatter)
		}
	}
	b.ReportMetric(0, "ns/op") // that of the child processes says nothing
	for name, each := range ratios {
		b.ReportMetric(median(each), name)
		if gogc, is := strings.CutPrefix(name, "forecast/measured@"); is {
			b.ReportMetric(slices.Min(each), "least@"+gogc)
			b.ReportMetric(slices.Max(each), "most@"+gogc)
		}
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
	pieces []any
	node   *gcNode // keep what is allocated off the stack
	page   []byte
	any    any
	other  []byte // memory that the collector does not know
}

func newGCProgram(kind gcKind, gogc float64) *gcProgram {
	p := &gcProgram{gcKind: kind, room: int(gogc * float64(kind.live)), random: rand.New(rand.NewPCG(1, 2)), other: gcOther()}
	if kind.piece != nil {
		for held := 0; held < kind.live; {
			piece, size := kind.piece(p.random)
			p.pieces = append(p.pieces, piece)
			held += size
		}
		return p
	}
	p.nodes = make([]*gcNode, int((1-kind.blobs)*float64(kind.live))/gcPair)
	p.pages = make([][]byte, int(kind.blobs*float64(kind.live))/gcBlob)
	for i := range p.nodes {
		p.nodes[i] = &gcNode{next: new(gcNode)}
	}
	for i := range p.pages {
		p.pages[i] = make([]byte, gcBlob)
	}
	return p
}

// gcOther returns memory that is larger than the caches.
func gcOther() []byte {
	other, err := syscall.Mmap(-1, 0, 64<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	return other
}

// cycle uses up the room and collects, and then collects once more, with the same
// objects at the same places and nothing to sweep between them. It returns the CPU
// seconds of both.
func (p *gcProgram) cycle() (first, again float64) {
	for left := p.room; left > 0; {
		left -= p.allocate()
	}
	return p.collect(), p.collect()
}

// collect has the caches hold something else first, as they do in a program.
func (p *gcProgram) collect() float64 {
	for i := 0; i < len(p.other); i += 64 {
		p.other[i]++
	}
	before := gcUsed()
	runtime.GC()
	return gcUsed() - before
}

// allocate allocates 8 KiB in pieces of each kind, or one piece of another kind. It
// returns how much that was.
func (p *gcProgram) allocate() int {
	if p.piece != nil {
		piece, size := p.piece(p.random)
		p.any = piece
		if p.replaces() {
			p.pieces[p.random.IntN(len(p.pieces))] = piece
		}
		return size
	}
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
	return 2 * gcBlob
}

func (p *gcProgram) replaces() bool { return p.replace && p.random.IntN(gcReplace) == 0 }

// turn measures some cycles. A collection in which something else took the
// caches counts no more than the others: it takes the median.
func (p *gcProgram) turn() gcResult {
	var again, swept []float64
	var live, unused, idle float64
	for range gcCycles {
		first, second := p.cycle()
		again, swept = append(again, second), append(swept, first-second)
		live = gcRead("/gc/heap/live:bytes")
		unused += gcRead("/memory/classes/heap/unused:bytes")
		idle += gcRead("/memory/classes/heap/free:bytes")
	}
	room, marking := float64(p.room), median(again)
	load := heap.GCLoad{
		AllocRate: gcRate, Live: live, CPUPerCycle: marking, RoomUsed: room / live / gcFactor(os.Getenv(gcSetting)),
		Heap: live + room, Scatter: unused / (unused + idle), Procs: float64(runtime.GOMAXPROCS(0)),
	}
	return gcResult{Load: load, PerMiB: marking / room * (1 << 20), Swept: max(0, median(swept)) / room * (1 << 20)}
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
