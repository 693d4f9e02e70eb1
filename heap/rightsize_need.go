package heap

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/govitals/govitals/internal/decay"
)

const (
	// sizingMargin is that of the vertical pod autoscaler.
	sizingMargin = 0.15
	// goLimitShare is the part of a limit that GOMEMLIMIT should be; the rest is
	// for what the runtime does not see.
	goLimitShare = 0.9
	// leastHeap times GOGC/100 is the heap below which no collection is due
	// (defaultHeapMinimum in runtime/mgcpacer.go).
	leastHeap = 4 << 20
	// goalShare is the part of GOMEMLIMIT that the runtime aims at
	// (memoryLimitHeapGoalHeadroomPercent in runtime/mgcpacer.go).
	goalShare = 0.97
	// mostAdvised bounds what is ever advised, 1 PiB.
	mostAdvised = 1 << 50
)

// needs is what a process needs, part by part.
type needs struct {
	gogc                      int
	gogcOff                   bool
	marked, overhead, offHeap level
}

// level is a figure at the quantiles that advice is made from.
type level [4]float64

const (
	atP50 = iota
	atP90
	atP95
	atPeak // the highest that is remembered
)

func levelOf(p *decay.Peaks) (l level) {
	for at, q := range [...]float64{atP50: 0.5, atP90: 0.9, atP95: 0.95} {
		l[at], _ = p.Quantile(q)
	}
	highest, _ := p.Max(sizingMemory)
	l[atPeak] = max(highest, l[atP95])
	return l
}

// needs sums up what was gathered. With GOGC off the heap takes whatever the
// limit allows, so that its need is reckoned as with the default.
func (s *Sizer) needs() needs {
	n := needs{gogc: s.last.GOGC, marked: levelOf(s.marked), overhead: levelOf(s.overhead), offHeap: levelOf(s.offHeap)}
	if n.gogc < 0 {
		n.gogc, n.gogcOff = 100, true
	}
	return n
}

// total is the need at one of the quantiles.
func (n needs) total(at int) float64 {
	return n.goal(n.marked[at]) + n.overhead[at] + n.offHeap[at]
}

// goal is the size that the heap reaches, stacks and globals that are scanned
// included (commit in runtime/mgcpacer.go).
func (n needs) goal(marked float64) float64 {
	factor := float64(n.gogc) / 100
	return max(marked*(1+factor), leastHeap*factor)
}

// size is the advice about memory, without its verdict.
func (n needs) size(config SizerConfig, now sizingSample) MemorySize {
	with := func(need float64) uint64 { return roundUp(need * (1 + sizingMargin)) }
	size := MemorySize{
		Low: with(n.total(atP50)), Request: with(n.total(atP90)), High: with(n.total(atP95)), Limit: with(n.total(atPeak)),
		TodayRequest: config.Request, TodayLimit: limitOf(now.KernelLimit), TodayGOMEMLIMIT: limitOf(now.MemoryLimit),
	}
	size.GOMEMLIMIT = n.goMemLimit(size.Limit)
	if before := cmp.Or(size.TodayLimit, size.TodayGOMEMLIMIT); size.TodayRequest > 0 {
		size.Saves = int64(size.TodayRequest) - int64(size.Request)
	} else if before > 0 {
		size.Saves = int64(before) - int64(size.Limit)
	}
	return size
}

// limitOf takes what is beyond any machine for no limit.
func limitOf(bytes uint64) uint64 {
	if bytes > mostAdvised {
		return 0
	}
	return bytes
}

// goMemLimit is the GOMEMLIMIT that goes with a limit.
func (n needs) goMemLimit(limit uint64) uint64 {
	bytes := min(goLimitShare*float64(limit), float64(limit)-n.offHeap[atPeak]*(1+sizingMargin))
	return uint64(max(0, bytes)) &^ (1<<20 - 1)
}

// priceAt are the limits whose price is shown, as parts of the advised one.
var priceAt = [...]float64{0.6, 0.7, 0.8, 0.9, 1, 1.5, 2}

// prices is what collections would cost under limits around the advised one and
// under today's.
func (n needs) prices(load GCLoad, size MemorySize) []GCPrice {
	limits := []uint64{cmp.Or(size.TodayLimit, size.TodayGOMEMLIMIT)}
	for _, part := range priceAt {
		limits = append(limits, roundUp(part*float64(size.Limit)))
	}
	slices.Sort(limits)
	var prices []GCPrice
	for _, limit := range slices.Compact(limits) {
		if price, ok := n.price(load, limit); ok {
			prices = append(prices, price)
		}
	}
	return prices
}

// price is what collections cost if the heap fills a limit.
func (n needs) price(load GCLoad, limit uint64) (GCPrice, bool) {
	room := float64(n.goMemLimit(limit)) - n.overhead[atP90]
	price, ok := load.At(toBytes(room - max((1-goalShare)*room, 1<<20)))
	price.Limit = limit
	return price, ok
}

// toBytes converts a size that may be no number.
func toBytes(x float64) uint64 {
	if !(x > 0) {
		return 0
	}
	return uint64(min(x, mostAdvised))
}

// roundUp rounds a size up to a figure that a person would write: at most 6 %
// more, and whole MiB.
func roundUp(x float64) uint64 {
	n := max(toBytes(x), 1)
	step := max(uint64(1)<<bits.Len64(n)>>5, 1<<20)
	return (n + step - 1) / step * step
}

// roundCores rounds up to steps of 5m below a tenth of a core, 10m below one,
// 100m below ten, whole cores above. The least is 10m.
func roundCores(x float64) float64 {
	step := 0.005
	switch {
	case x >= 10:
		step = 1
	case x >= 1:
		step = 0.1
	case x >= 0.1:
		step = 0.01
	}
	steps := math.Ceil(x/step - 1e-9)
	return max(0.01, math.Round(steps*step*1000)/1000)
}
