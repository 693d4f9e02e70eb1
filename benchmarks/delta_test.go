//go:build unix

package benchmarks

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	deltaSites  = 100_000
	deltaRounds = 5
)

// BenchmarkDelta compares ?seconds=1 of heap.Handler with that of net/http/pprof
// and with two profiles of godeltaprof, over 100,000 sites of which 1 % change in
// between. In one variant all sites hold something, in the other every tenth.
//
//	go test -bench Delta -benchtime 1x
//
// It runs in a process of its own, so that the heap profile has no other sites.
// Figures are medians of five rounds, in each of which all have their turn:
//
//   - cpu is what the process used from the call to the answer, the collector's
//     part included, without what the change itself used during the wait;
//   - peak is the highest heap during the call, objects that are dead but not yet
//     swept included, above the heap before there was a handler or profiler: with
//     what these keep between two calls;
//   - call is the same above the heap just before the call;
//   - alloc is all that was allocated in the call, whatever the collector does.
func BenchmarkDelta(b *testing.B) {
	for _, live := range []int{100, 10} {
		b.Run("live="+strconv.Itoa(live)+"%", func(b *testing.B) {
			var figures map[string]float64
			for b.Loop() {
				figures = deltaInChild(b, live)
			}
			b.ReportMetric(0, "ns/op") // the sum of all contestants says nothing
			for unit, figure := range figures {
				b.ReportMetric(figure, unit)
			}
		})
	}
}

const deltaChild = "GOVITALS_DELTA_LIVE"

func deltaInChild(b *testing.B, live int) (figures map[string]float64) {
	b.Helper()
	said, _, err := inChild("TestDeltaChild", deltaChild, strconv.Itoa(live), "DELTA")
	if err == nil {
		err = json.NewDecoder(strings.NewReader(said)).Decode(&figures)
	}
	if err != nil {
		b.Fatal(err)
	}
	return figures
}

// TestDeltaChild is the process in which BenchmarkDelta measures.
func TestDeltaChild(t *testing.T) {
	live, err := strconv.Atoi(os.Getenv(deltaChild))
	if err != nil {
		t.Skip("for BenchmarkDelta")
	}
	s := &service{nodes: nodes()}
	s.allocate(deltaSites, 100/live)
	result, err := json.Marshal(raceForDelta(t, s))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("DELTA %s\n", result)
	runtime.KeepAlive(s)
}

// raceForDelta lets the contestants run in turn and returns the medians, by
// unit.
func raceForDelta(t *testing.T, s *service) map[string]float64 {
	figures := map[string][]float64{}
	for range deltaRounds {
		for _, c := range deltaContestants {
			c.measure(t, s, func(unit string, figure float64) {
				figures[c.name+"-"+unit] = append(figures[c.name+"-"+unit], figure)
			})
		}
	}
	medians := map[string]float64{}
	for unit, rounds := range figures {
		medians[unit] = median(rounds)
	}
	ours := deltaContestants[0].name
	for _, c := range deltaContestants[1:] {
		for ratio, unit := range map[string]string{"-cpu": "-cpu-ms", "-peak": "-peak-MB", "-call": "-call-MB"} {
			medians[ours+"/"+c.name+ratio] = medians[ours+unit] / medians[c.name+unit]
		}
	}
	return medians
}

// measure runs a contestant once for the time and once for the memory, because
// watching the memory takes time.
func (c deltaContestant) measure(t *testing.T, s *service, report func(unit string, figure float64)) {
	const mega = 1e6
	s.changed = 0
	_ = liveHeap()
	call, allocated, start := c.prepare(), totalAlloc(), cpuTime(t)
	profile := call(t, s)
	used := cpuTime(t) - start - s.changed
	report("cpu-ms", used/1e6)
	report("alloc-MB", (totalAlloc()-allocated)/mega)
	report("samples", float64(samplesOf(t, profile)))

	call, profile = nil, nil // freed before the second one is made
	before := liveHeap()
	call = c.prepare()
	prepared := liveHeap()
	highest := watchHeap(func() { profile = call(t, s) })
	report("peak-MB", (highest-before)/mega)
	report("call-MB", (highest-prepared)/mega)
	runtime.KeepAlive(profile)
}

// service is the program that is looked at.
type service struct {
	kept    []*[64]byte
	nodes   []func(*walker, int)
	changed float64 // CPU time of the latest change, in nanoseconds
}

// change allocates at 1 % of the sites once more and makes the profile know.
func (s *service) change(t *testing.T) {
	start := cpuTime(t)
	s.allocate(deltaSites/100, 1)
	s.changed = cpuTime(t) - start
}

// changeAfter makes a change during the wait of a handler.
func (s *service) changeAfter(t *testing.T, d time.Duration) (done <-chan struct{}) {
	ended := make(chan struct{})
	time.AfterFunc(d, func() {
		defer close(ended)
		s.change(t)
	})
	return ended
}

// allocate allocates at the first n sites and keeps one of so many objects. It
// does so in a goroutine of its own: the stacks are the same whoever calls it.
// Only here is every allocation recorded: what the contestants allocate costs
// them what it costs in a service. The sites are walks over a thousand functions,
// because godeltaprof's hash of a stack has many collisions among stacks that are
// made of few addresses.
func (s *service) allocate(n, every int) {
	w := &walker{nodes: s.nodes, rng: rand.New(rand.NewPCG(1, 2)), kept: make([]*[64]byte, 0, n)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
		runtime.MemProfileRate = 1
		for range n {
			w.next(7)
		}
	}()
	<-done
	for i := 0; i < n; i += every {
		s.kept = append(s.kept, w.kept[i])
	}
	runtime.GC() // publishes what was allocated, the second time what was freed
	runtime.GC()
}

func totalAlloc() float64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.TotalAlloc)
}
