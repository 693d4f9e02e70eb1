package singleflight

import (
	"github.com/govitals/govitals/internal/exphist"
	"github.com/govitals/govitals/metric"
)

// The table of what a Group reports. Keys are no labels: there is the same number
// of series however many keys there are.
var (
	descCalls = metric.Desc{
		Name: "singleflight.calls", Unit: "{call}", Kind: metric.KindCounter, Labels: []string{"group", "source"},
		Help:   "Calls of Do by where their answer came from: loaded, shared, reused, stale, rejected (turned away), left (their own context ended first). Those whose load failed count with it.",
		Action: "Few shared and reused: the keys are too many, or Reuse too short. Rejected: raise MaxWaiters, or see what loads wait for.",
	}
	descLoads = metric.Desc{
		Name: "singleflight.loads", Unit: "{load}", Kind: metric.KindCounter, Labels: []string{"group", "result"},
		Help:   "Loads that ended, by result: ok, error, panic, goexit, timeout, abandoned (nobody waited any more), hung (given up after AbandonAfter).",
		Action: "Hung: the log, or OnHung, has the stack. Panic and goexit: the error that callers got has it.",
	}
	descRunning = metric.Desc{
		Name: "singleflight.running", Unit: "{load}", Kind: metric.KindUpDownCounter, Labels: []string{"group", "state"},
		Help:   "Loads that have not ended, by state: loading, queued for a place or for room, hung.",
		Action: "Queued stays above zero: raise MaxLoads or MaxBytes, or make loads faster.",
	}
	descWaiting = metric.Desc{
		Name: "singleflight.waiting", Unit: "{caller}", Kind: metric.KindUpDownCounter, Labels: []string{"group"},
		Help:   "Callers that wait for a load.",
		Action: "If it only rises, loads hang: set AbandonAfter.",
	}
	descHeld = metric.Desc{
		Name: "singleflight.held", Unit: "By", Kind: metric.KindUpDownCounter, Labels: []string{"group"},
		Help:   "Bytes of values that are kept to be handed out again, by Cost.",
		Action: "If it stays at MaxBytes with many evictions, raise that, or lower Reuse.",
	}
	descReserved = metric.Desc{
		Name: "singleflight.reserved", Unit: "By", Kind: metric.KindUpDownCounter, Labels: []string{"group"},
		Help:   "Bytes set aside for loads that run: the last size of their key, else a typical one.",
		Action: "Together with held it is never above MaxBytes.",
	}
	descPinned = metric.Desc{
		Name: "singleflight.pinned", Unit: "By", Kind: metric.KindUpDownCounter, Labels: []string{"group"},
		Help:   "Bytes of values that are not kept any more and that callers still hold, as of the last garbage collection. Only values of 4 KiB or more that are pointers, slices or strings.",
		Action: "Far above held: slow callers hold old values. Give them deadlines, or set MaxGenerations.",
	}
	descGenerations = metric.Desc{
		Name: "singleflight.generations", Unit: "{value}", Kind: metric.KindUpDownCounter, Labels: []string{"group"},
		Help:   "Values that are alive, kept or pinned, of those that pinned looks at.",
		Action: "As for pinned.",
	}
	descEntries = metric.Desc{
		Name: "singleflight.entries", Unit: "{value}", Kind: metric.KindUpDownCounter, Labels: []string{"group"},
		Help:   "Values that are kept to be handed out again.",
		Action: "If it stays at MaxEntries, the keys are more than they should be: look what is part of them.",
	}
	descEvictions = metric.Desc{
		Name: "singleflight.evictions", Unit: "{value}", Kind: metric.KindCounter, Labels: []string{"group"},
		Help:   "Values dropped before their time, to make room.",
		Action: "If it rises with loads, raise MaxBytes or MaxEntries.",
	}
	descLoad = metric.Desc{
		Name: "singleflight.load", Unit: "s", Kind: metric.KindHistogram, Labels: []string{"group"},
		Help:   "How long loads ran, without their time in the queue.",
		Action: "Set LoadTimeout and AbandonAfter well above its p99.",
	}
	descWait = metric.Desc{
		Name: "singleflight.wait", Unit: "s", Kind: metric.KindHistogram, Labels: []string{"group"},
		Help:   "How long callers waited for whom no value was there.",
		Action: "Far above load: loads queue.",
	}
	descSize = metric.Desc{
		Name: "singleflight.size", Unit: "By", Kind: metric.KindHistogram, Labels: []string{"group"}, Bounds: metric.PowersOfTwo(8, 30),
		Help:   "Bytes of values that were loaded, by Cost.",
		Action: "A value above MaxBytes is never kept.",
	}
	descOldest = metric.Desc{
		Name: "singleflight.oldest", Unit: "s", Kind: metric.KindGauge, Labels: []string{"group"},
		Help:   "Age of the oldest load that has not ended; absent where there is none.",
		Action: "Above minutes: it hangs. See Flights, and set AbandonAfter.",
	}
)

// Describe implements [metric.Source].
func (g *Group[K, V]) Describe() []metric.Desc {
	return []metric.Desc{
		descCalls, descLoads, descRunning, descWaiting, descHeld, descReserved, descPinned, descGenerations,
		descEntries, descEvictions, descLoad, descWait, descSize, descOldest,
	}
}

// emitter emits figures of one group.
type emitter struct {
	group string
	emit  func(metric.Sample)
}

func (e emitter) number(desc metric.Desc, value float64, labels ...string) {
	e.emit(metric.Sample{Desc: desc, LabelValues: append([]string{e.group}, labels...), Value: value})
}

func (e emitter) histogram(desc metric.Desc, h *metric.Histogram) {
	e.emit(metric.Sample{Desc: desc, LabelValues: []string{e.group}, Histogram: h})
}

func (e emitter) times(desc metric.Desc, h *exphist.Histogram) {
	counts := h.Counts()
	e.histogram(desc, counts.Metric())
}

// Collect implements [metric.Source].
func (g *Group[K, V]) Collect(emit func(metric.Sample)) {
	if g == nil || g.shards == nil {
		return
	}
	e := emitter{g.config.Name, emit}
	g.collectCalls(e)
	g.collectLoads(e)
	g.collectBytes(e)
	e.times(descLoad, &g.totals.load)
	e.times(descWait, &g.totals.wait)
	e.histogram(descSize, g.totals.size.metric())
}

func (g *Group[K, V]) collectCalls(e emitter) {
	var calls [len(sourceNames)]uint64
	var left uint64
	var waiting int64
	for _, s := range g.shards {
		for i := range calls {
			calls[i] += s.calls[i].Load()
		}
		left += s.left.Load()
		waiting += s.waiting.Load()
	}
	for source := Loaded; source <= Stale; source++ {
		e.number(descCalls, float64(calls[source]), source.String())
	}
	e.number(descCalls, float64(calls[None]), "rejected")
	e.number(descCalls, float64(left), "left")
	e.number(descWaiting, float64(waiting))
}

func (g *Group[K, V]) collectLoads(e emitter) {
	for result := ok; result <= hung; result++ {
		e.number(descLoads, float64(g.totals.loads[result].Load()), outcomeNames[result])
	}
	c := g.census()
	e.number(descRunning, float64(c.loading), "loading")
	e.number(descRunning, float64(c.queued), "queued")
	e.number(descRunning, float64(c.hung), "hung")
	if c.any() {
		e.number(descOldest, c.oldest.Seconds())
	}
}

func (g *Group[K, V]) collectBytes(e emitter) {
	entries, bytes, reserved := g.store.held()
	generations, pinned := g.pins.count()
	e.number(descHeld, float64(bytes))
	e.number(descReserved, float64(reserved))
	e.number(descEntries, float64(entries))
	e.number(descEvictions, float64(g.store.evicted.Load()))
	if g.pins.shape != shapeless {
		e.number(descPinned, float64(pinned))
		e.number(descGenerations, float64(generations))
	}
}
