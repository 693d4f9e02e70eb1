package vitals

import (
	"context"
	"errors"
	"math"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/leakguard"
)

// offHeap is the signal "rss": memory of the process that the Go runtime does not
// hold, such as that of C code.
//
// Resident memory minus what the runtime holds (heap.Kernel.OffHeap) is not fit
// for a trend. It counts the program file and files that are mapped, which become
// resident as they are used and which the kernel can drop; and what the runtime
// holds is touched bit by bit, which looks like growth for as long as an hour. So
// only memory that no file backs is taken, and of that what exceeds all that the
// runtime may have touched. A leak is seen when it has filled that gap: some MiB,
// or as much as the program has allocated and never touched. Where the kernel does
// not tell the kinds of memory apart, all that is resident counts.
type offHeap struct {
	unbacked func() (uint64, error)
	held     func() heap.Stats
	kernel   func() heap.Kernel
}

func newOffHeap(monitor *heap.Monitor) offHeap {
	o := offHeap{
		unbacked: proc.Unbacked,
		held:     func() (s heap.Stats) { heap.Read(&s); return s },
		kernel:   func() heap.Kernel { return monitor.Snapshot().Kernel },
	}
	if _, err := proc.Unbacked(); errors.Is(err, errors.ErrUnsupported) {
		o.unbacked = proc.RSS
	}
	return o
}

func (offHeap) Name() string { return "rss" }

func (offHeap) Unit() string { return "By" }

// Floor is above what the kernel's figure is off by, which is kept for each
// processor and not added up exactly when it is read.
func (offHeap) Floor() float64 { return 4 << 20 }

// Read takes some 10 µs. Within a bucket of the trend the lowest value counts: the
// two figures are not of the same instant, and the heap grows meanwhile.
func (o offHeap) Read(context.Context) (leakguard.Reading, error) {
	bytes, err := o.unbacked()
	if err != nil {
		return leakguard.Reading{}, err
	}
	stats := o.held()
	value := float64(bytes - min(stats.Held, bytes))
	reading := leakguard.Reading{Value: value, Load: math.NaN(), Regime: regime(&stats)}
	if k := o.kernel(); k.HasRoom {
		reading.Limit = value + float64(k.Room) // where the kernel kills
	}
	return reading, nil
}
