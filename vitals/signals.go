package vitals

import (
	"context"
	"math"
	"math/bits"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/leakguard"
)

// builtIn are the signals that every process has. What this system cannot say is
// left out.
func (v *Vitals) builtIn() []leakguard.Signal {
	signals := []leakguard.Signal{
		&liveHeap{monitor: v.monitor, sites: v.sites, cache: v.config.ExpectCache}, v.goroutines,
		&stacks{monitor: v.monitor, goroutines: v.goroutines}, v.goroutines.Threads(),
		&backlog{monitor: v.monitor}, buckets{v.monitor},
	}
	if v.unsupported.fds == nil {
		signals = append(signals, leakguard.Descriptors())
	}
	if v.unsupported.rss == nil {
		signals = append(signals, newOffHeap(v.monitor))
	}
	return signals
}

// liveHeap is the signal "heap": what survives garbage collection, and who made
// it grow. It takes its figures from the monitor and reads nothing itself.
type liveHeap struct {
	monitor *heap.Monitor
	sites   *heap.Sites
	cache   int64 // Config.ExpectCache
	work    work
}

func (*liveHeap) Name() string { return "heap" }

func (*liveHeap) Unit() string { return "By" }

// Floor is a quarter of the least heap at which the runtime collects at all
// (heapMinimum in runtime/mgcpacer.go): a small service fills its tables.
func (*liveHeap) Floor() float64 { return 1 << 20 }

// ExpectCache implements leakguard.Filling.
func (h *liveHeap) ExpectCache() float64 { return float64(h.cache) }

// Read gives a point for each collection.
func (h *liveHeap) Read(context.Context) (leakguard.Reading, error) {
	s := h.monitor.Snapshot()
	if s.Cycles == 0 {
		return leakguard.Reading{}, leakguard.ErrNotYet
	}
	limit, _ := s.Limit()
	return leakguard.Reading{
		Value: float64(s.Live), Load: h.work.rate(s), Limit: float64(limit.Bytes), Epoch: s.Cycles, Regime: regime(&s.Stats),
	}, nil
}

// Culprits implements leakguard.Blamer.
func (h *liveHeap) Culprits(n int) []finding.Culprit { return h.sites.Culprits(n) }

// work is the rate at which the process allocates, from collection to collection:
// it follows the work that is done, whatever that is.
type work struct {
	before heap.Snapshot // at the collection before
}

// rate is in bytes per second, NaN where it is not known yet.
func (w *work) rate(s heap.Snapshot) float64 {
	rate := math.NaN()
	if between := s.Sub(w.before); w.before.Cycles > 0 && between.Duration > 0 {
		rate = float64(between.Allocated) / between.Duration.Seconds()
	}
	if s.Cycles != w.before.Cycles {
		w.before = s
	}
	return rate
}

// regime numbers the settings of the collector, which a program may change while
// it runs: they decide how much garbage live memory drags along, and how much
// memory is held.
func regime(s *heap.Stats) uint64 {
	return bits.RotateLeft64(s.MemoryLimit, 32) ^ uint64(uint32(s.GOGC))
}
