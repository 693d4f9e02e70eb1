package vitals

import (
	"context"
	"math"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/rtm"
	"github.com/govitals/govitals/leakguard"
)

// liveHeap is the signal "heap": what survives garbage collection. It takes its
// figures from the monitor and reads nothing itself.
type liveHeap struct{ monitor *heap.Monitor }

func (liveHeap) Name() string { return "heap" }

func (liveHeap) Unit() string { return "By" }

func (h liveHeap) Read(context.Context) (leakguard.Reading, error) {
	snapshot := h.monitor.Snapshot()
	if snapshot.Cycles == 0 {
		return leakguard.Reading{}, errNotYet
	}
	limit, _ := snapshot.Limit()
	return leakguard.Reading{
		Value: float64(snapshot.Live), Load: math.NaN(), Limit: float64(limit.Bytes), Epoch: snapshot.Cycles,
	}, nil
}

// goroutines is the signal "goroutines": how many there are.
type goroutines struct{ reader *rtm.Reader }

func newGoroutines() goroutines {
	return goroutines{rtm.NewReader("/sched/goroutines:goroutines")}
}

func (goroutines) Name() string { return "goroutines" }

func (goroutines) Unit() string { return "{goroutine}" }

func (g goroutines) Read(context.Context) (reading leakguard.Reading, err error) {
	g.reader.Read(func(v rtm.Values) {
		reading = leakguard.Reading{Value: float64(v.Uint64(0)), Load: math.NaN()}
	})
	return reading, nil
}
