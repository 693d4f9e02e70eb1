package vitals

import (
	"context"
	"math"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/leakguard"
)

// builtIn are the signals that every process has. What this system cannot say is
// left out.
func (v *Vitals) builtIn() []leakguard.Signal {
	signals := []leakguard.Signal{&liveHeap{monitor: v.monitor, sites: v.sites}, v.goroutines, leakguard.Threads()}
	if _, err := proc.Descriptors(); err == nil {
		signals = append(signals, leakguard.Descriptors())
	}
	if _, err := proc.RSS(); err == nil {
		signals = append(signals, offHeap{v.monitor})
	}
	return signals
}

// liveHeap is the signal "heap": what survives garbage collection, and who made
// it grow. It takes its figures from the monitor and reads nothing itself.
type liveHeap struct {
	monitor *heap.Monitor
	sites   *heap.Sites
	before  heap.Snapshot // at the point before
}

func (*liveHeap) Name() string { return "heap" }

func (*liveHeap) Unit() string { return "By" }

// Read gives a point for each collection. The load is the allocation rate, which
// follows the work that the process does.
func (h *liveHeap) Read(context.Context) (leakguard.Reading, error) {
	s := h.monitor.Snapshot()
	if s.Cycles == 0 {
		return leakguard.Reading{}, leakguard.ErrNotYet
	}
	limit, _ := s.Limit()
	reading := leakguard.Reading{
		Value: float64(s.Live), Load: math.NaN(), Limit: float64(limit.Bytes), Epoch: s.Cycles,
	}
	if between := s.Sub(h.before); h.before.Cycles > 0 && between.Duration > 0 {
		reading.Load = float64(between.Allocated) / between.Duration.Seconds()
	}
	if s.Cycles != h.before.Cycles {
		h.before = s
	}
	return reading, nil
}

// Culprits implements leakguard.Blamer.
func (h *liveHeap) Culprits(n int) []finding.Culprit { return h.sites.Culprits(n) }

// offHeap is the signal "rss": memory that the kernel counts and the Go runtime
// does not hold.
type offHeap struct{ monitor *heap.Monitor }

func (offHeap) Name() string { return "rss" }

func (offHeap) Unit() string { return "By" }

func (o offHeap) Read(context.Context) (leakguard.Reading, error) {
	s := o.monitor.Snapshot()
	if s.Kernel.RSS == 0 {
		return leakguard.Reading{}, leakguard.ErrNotYet
	}
	return leakguard.Reading{
		Value: max(0, float64(s.Kernel.OffHeap)), Load: math.NaN(), Epoch: uint64(s.Kernel.At.UnixNano()),
	}, nil
}
