package vitals

import (
	"context"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/ring"
)

// The series of the history. What [heap.Monitor.History] has is not kept twice.
const (
	seriesYoung = iota
	seriesRuntime
	seriesGoroutines
	seriesLagP50
	seriesLagP99
	seriesLagMax
	seriesCycles
	seriesPause
	seriesSets
	seriesDepth
	seriesInFlight
	seriesCount
)

// historyTiers keep ten minutes by two seconds, ninety minutes by twenty and a day
// by three minutes, in 147,000 bytes. A chart draws 60 points.
var historyTiers = [...]ring.Tier{
	{Every: historyEvery, Buckets: 300},
	{Every: 20 * time.Second, Buckets: 270},
	{Every: 3 * time.Minute, Buckets: 480},
}

const (
	historyEvery = 2 * time.Second
	// partsEvery is how often the parts that were added are asked for figures,
	// in steps: some of them have to sum up histograms.
	partsEvery = 5
	// cyclesOver is over how many steps collections are counted for their rate.
	cyclesOver = 30
)

// panelHistory keeps a day of what the page shows beyond the heap, with no viewer.
type panelHistory struct {
	loop  loop.Loop
	v     *Vitals
	sites siteSampler

	// Of whoever steps, one at a time:
	lag   eventloop.Snapshot // of the step before
	past  [cyclesOver]cycleCount
	parts [seriesCount]float32 // what parts said last; NaN elsewhere

	mu     sync.Mutex // held for a moment only
	ring   *ring.Ring
	steps  uint64 // read without mu by whoever steps, who alone changes it
	stalls stallLog
}

// cycleCount is how many collections there had been at a moment.
type cycleCount struct {
	at     time.Time
	cycles uint64
}

func newPanelHistory(v *Vitals) *panelHistory {
	return &panelHistory{v: v, ring: ring.New(seriesCount, historyTiers[:]...), parts: unknownValues()}
}

func unknownValues() (values [seriesCount]float32) {
	for i := range values {
		values[i] = float32(math.NaN())
	}
	return values
}

// Start takes a first reading and begins to keep history. The end of ctx has the
// effect of Close.
func (h *panelHistory) Start(ctx context.Context) error {
	h.step(ctx)
	return h.loop.Start(ctx, loop.Config{Name: "vitals.history", Every: historyEvery, Step: h.step})
}

func (h *panelHistory) Close() error { return h.loop.Close() }

// step reads what others have gathered: no I/O, no stop-the-world.
func (h *panelHistory) step(context.Context) {
	now := time.Now()
	if h.steps%partsEvery == 0 {
		h.parts = partValues(h.v.partFigures()) // without the lock: it runs code of users
	}
	h.sites.step(now)
	values := h.parts
	values[seriesGoroutines] = float32(runtime.NumGoroutine())
	h.addMemory(&values, h.v.monitor.Snapshot(), now)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.addLag(&values)
	h.ring.Add(now, values[:])
	h.steps++
}

func (h *panelHistory) addMemory(values *[seriesCount]float32, s heap.Snapshot, now time.Time) {
	if s.At.IsZero() {
		return
	}
	values[seriesRuntime] = float32(s.ProfilerBuckets + s.Metadata)
	if s.Cycles > 0 {
		values[seriesYoung] = float32(s.Young)
	}
	if s.Pauses.Count > 0 {
		values[seriesPause] = float32(s.Pauses.P99.Seconds())
	}
	place := &h.past[h.steps%cyclesOver]
	oldest := *place
	if oldest.at.IsZero() {
		oldest = h.past[0]
	}
	*place = cycleCount{now, s.Cycles}
	if minutes := now.Sub(oldest.at).Minutes(); !oldest.at.IsZero() && minutes > 0 {
		values[seriesCycles] = float32(float64(s.Cycles-oldest.cycles) / minutes)
	}
}

// addLag takes what ready work waited since the step before.
func (h *panelHistory) addLag(values *[seriesCount]float32) {
	if h.v.probe == nil {
		return
	}
	now := h.v.probe.Snapshot()
	before := h.lag
	h.lag = now
	if before.At.IsZero() {
		return
	}
	window := now.Sub(before)
	h.stalls.see(before, now, window)
	if window.Count() == 0 {
		return
	}
	values[seriesLagP50] = float32(window.Quantile(0.5).Seconds())
	values[seriesLagP99] = float32(window.Quantile(0.99).Seconds())
	values[seriesLagMax] = float32(max(window.Max, now.Overdue).Seconds())
}

// since returns what was seen after a time, as points of each series; the series
// that were never known are empty.
func (h *panelHistory) since(since time.Time) (all [seriesCount][]Point) {
	h.mu.Lock()
	points := h.ring.Since(since)
	h.mu.Unlock()
	for _, p := range points {
		for i, r := range p.Series {
			if r.Known() {
				all[i] = append(all[i], Point{At: p.At, Value: float64(r.Last), Min: float64(r.Min), Max: float64(r.Max)})
			}
		}
	}
	return all
}

// count is the number of steps so far: what the page shows changes with it.
func (h *panelHistory) count() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.steps
}
