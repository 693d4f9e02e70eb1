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
	"runtime/metrics"
	"syscall"
	"testing"
	"time"

	"github.com/govitals/govitals/heap"
)

// The load of a child process: 16 MiB of pairs of nodes, of which some are
// replaced all the time, and 200 MB of garbage per second.
const (
	gcPair        = 128
	gcLivePairs   = 16 << 20 / gcPair
	gcBytesPerSec = 200e6
	gcLeast       = 1500 * time.Millisecond
	gcLeastCycles = 8
	gcChild       = "GOVITALS_GCPRICE_CHILD"
)

// gcSettings are what the forecast is made from, and what it is made for.
var gcSettings = []string{"100", "50", "200", "400"}

// gcResult is what a child saw in one turn.
type gcResult struct {
	Load   heap.GCLoad
	Share  float64 // of the collector in what the process may use
	Ran    float64 // the part of the time in which it wanted to run that it ran
	Cycles float64
}

// TestGCPriceChild is the load, where BenchmarkGCPrice starts it in a process of
// its own. Each line that it reads is a turn, each line that it writes a result.
func TestGCPriceChild(t *testing.T) {
	if os.Getenv(gcChild) == "" {
		t.Skip("runs in a child process of BenchmarkGCPrice")
	}
	live := make([]*gcNode, gcLivePairs)
	for i := range live {
		live[i] = &gcNode{next: new(gcNode)}
	}
	results := json.NewEncoder(os.Stdout)
	for turns := bufio.NewScanner(os.Stdin); turns.Scan(); {
		stop, done := make(chan struct{}), make(chan struct{})
		go func() { gcAllocate(live, stop); close(done) }()
		gcNextCycle(gcRead()) // which began before the turn
		result := gcObserve()
		close(stop)
		<-done
		if err := results.Encode(result); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkGCPrice compares what the collector costs at other settings of GOGC
// with what heap.GCLoad forecasts from a process at GOGC=100. Each setting has
// a process of its own; they take turns of a few seconds, so that what else the
// machine does hits all of them. It reports the medians of forecast/measured
// over the rounds, and ran. Use -benchtime=10x; a round takes ten seconds on a
// quiet machine.
//
// The runtime counts the time for which a worker has a processor of its own,
// not that for which the kernel let it run: on a busy machine several times too
// much. So its figures are multiplied by ran, the part of the time that the
// kernel granted; it is near 1 on a quiet machine.
func BenchmarkGCPrice(b *testing.B) {
	turns := map[string]func() gcResult{}
	for _, gogc := range gcSettings {
		turns[gogc] = gcStart(b, gogc)
	}
	ratios, cycles, ran := map[string][]float64{}, map[string]float64{}, []float64{}
	for round := 0; b.Loop(); round++ {
		from := turns[gcSettings[0]]()
		ran = append(ran, from.Ran)
		for _, gogc := range gcSettings[1:] {
			to := turns[gogc]()
			ratio := gcForecast(b, from, gogc) / to.Share
			ratios[gogc] = append(ratios[gogc], ratio)
			cycles[gogc] += to.Cycles
			b.Logf("round %d: GOGC=100 costs %.2f %% of the CPU; GOGC=%s costs %.2f %% over %v cycles, forecast/measured %.2f (ran %.2f, %.2f)",
				round, 100*from.Share, gogc, 100*to.Share, to.Cycles, ratio, from.Ran, to.Ran)
		}
	}
	b.ReportMetric(0, "ns/op") // that of the child processes says nothing
	b.ReportMetric(median(ran), "ran")
	for gogc, each := range ratios {
		b.ReportMetric(median(each), "forecast/measured@"+gogc)
		b.ReportMetric(cycles[gogc], "cycles@"+gogc)
	}
}

// gcForecast is the share of the CPU at another setting, NaN if there is no
// forecast.
func gcForecast(b *testing.B, from gcResult, gogc string) float64 {
	price, ok := from.Load.At(uint64(from.Load.Live * (1 + gcFactor(gogc))))
	if !ok {
		b.Logf("no forecast for GOGC=%s from %+v", gogc, from.Load)
		return math.NaN()
	}
	return price.CPUShare
}

func gcFactor(gogc string) (factor float64) {
	if _, err := fmt.Sscan(gogc, &factor); err != nil {
		panic(err)
	}
	return factor / 100
}

// gcStart starts the load in a process of its own and returns what gives it a
// turn.
func gcStart(b *testing.B, gogc string) (turn func() gcResult) {
	b.Helper()
	child := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestGCPriceChild$")
	child.Env = append(os.Environ(), gcChild+"=1", "GOGC="+gogc, "GOMEMLIMIT=off")
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

var gcSink *gcNode // keeps nodes off the stack

// gcAllocate keeps up with the pace by the clock, so that what the collector
// takes does not make the load smaller.
func gcAllocate(live []*gcNode, stop chan struct{}) {
	random := rand.New(rand.NewPCG(1, 2))
	began, allocated := time.Now(), 0.0
	for {
		due := time.Since(began).Seconds() * gcBytesPerSec
		for ; allocated < due; allocated += gcPair {
			gcSink = &gcNode{next: new(gcNode)}
			if random.Uint32()%16 == 0 {
				live[random.IntN(len(live))] = gcSink
			}
		}
		select {
		case <-stop:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// gcObserve reads the runtime like a monitor, from the end of one cycle to the
// end of another: the CPU classes move only then.
func gcObserve() gcResult {
	first := gcNextCycle(gcRead())
	last, marked, room := first, 0.0, 0.0
	for last.cycles < first.cycles+gcLeastCycles || last.at.Sub(first.at) < gcLeast {
		now := gcNextCycle(last)
		marked += (now.live + now.roots) * (now.cycles - last.cycles)
		room += (last.goal - last.live) * (now.cycles - last.cycles)
		last = now
	}
	seconds, cycles := last.at.Sub(first.at).Seconds(), last.cycles-first.cycles
	ran := (last.used - first.used) / (last.busy - first.busy)
	gc, procs := (last.gcCPU-first.gcCPU)*ran, last.procCPU-first.procCPU
	allocated := last.allocated - first.allocated
	return gcResult{
		Load: heap.GCLoad{
			AllocRate: allocated / seconds, Live: marked / cycles, CPUPerCycle: gc / cycles,
			RoomUsed: allocated / room, Procs: procs / seconds,
		},
		Share: gc / procs, Ran: ran, Cycles: cycles,
	}
}

type gcReading struct {
	at                                   time.Time
	cycles, allocated, live, roots, goal float64
	gcCPU, procCPU, busy                 float64
	used                                 float64 // CPU time by the kernel's count
}

func gcNextCycle(last gcReading) gcReading {
	for {
		time.Sleep(2 * time.Millisecond)
		if now := gcRead(); now.cycles > last.cycles {
			return now
		}
	}
}

func gcRead() gcReading {
	samples := []metrics.Sample{
		{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}, {Name: "/gc/heap/goal:bytes"},
		{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/gc/mark/idle:cpu-seconds"},
		{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"},
	}
	metrics.Read(samples)
	count := func(i int) float64 { return float64(samples[i].Value.Uint64()) }
	seconds := func(i int) float64 { return samples[i].Value.Float64() }
	return gcReading{
		at: time.Now(), cycles: count(0), allocated: count(1), live: count(2), roots: count(3) + count(4), goal: count(5),
		gcCPU: seconds(6) - seconds(7), procCPU: seconds(8), busy: seconds(8) - seconds(9), used: gcUsed(),
	}
}

// gcUsed is the CPU time of this process.
func gcUsed() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
