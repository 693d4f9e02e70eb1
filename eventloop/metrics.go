package eventloop

import (
	"errors"

	"github.com/govitals/govitals/metric"
)

// The table of what the probe measures.
var (
	descLag = metric.Desc{
		Name: "eventloop.lag", Unit: "s", Kind: metric.KindHistogram,
		Help:   "Delay before a request that arrives at a random instant is run by the Go scheduler. A stall is counted for all the requests that it would have delayed, when it is over.",
		Action: "If the 99th percentile rises above what the service can afford, look at eventloop.stalls for the cause.",
	}
	descLagMax = metric.Desc{
		Name: "eventloop.lag_max", Unit: "s", Kind: metric.KindGauge,
		Help:   "Longest delay in the last minute, rounded up to a bucket. Any number of scrapers see the same.",
		Action: "Compare with the 99th percentile: far above it, it was a single stall.",
	}
	descOverdue = metric.Desc{
		Name: "eventloop.overdue", Unit: "s", Kind: metric.KindGauge,
		Help:   "For how long the probe has been ready to run now: a stall in progress, which is in no other figure yet. Of the moment of the scrape.",
		Action: "If it is above a second, the process hardly runs: look at CPU limits and at what runs.",
	}
	descStalls = metric.Desc{
		Name: "eventloop.stalls", Unit: "{stall}", Kind: metric.KindCounter, Labels: []string{"cause"},
		Help:   "Delays at or above the threshold of the probe (50 ms by default), by cause.",
		Action: "The cause says what to do: throttled, raise the CPU limit; gc, allocate less; runqueue, shed load.",
	}
	descStallSeconds = metric.Desc{
		Name: "eventloop.stall", Unit: "s", Kind: metric.KindCounter, Labels: []string{"cause"},
		Help:   "Time that was lost in such delays, by cause. Its rate is the share of the time.",
		Action: "Alert on a rate above 0.01: one request in a hundred meets a stall.",
	}
	descSchedP99 = metric.Desc{
		Name: "eventloop.sched_p99", Unit: "s", Kind: metric.KindGauge,
		Help:   "99th percentile in the last minute of the runtime's own /sched/latencies, from its raw buckets. Sampled, and blind to stops of the process and to waits in progress. Absent if nothing was timed.",
		Action: "If it is low while lag is high, look outside of the process: CPU limits, neighbours.",
	}
	descRunnable = metric.Desc{
		Name: "eventloop.runnable", Unit: "{goroutine}", Kind: metric.KindUpDownCounter,
		Help:   "Goroutines that are ready and wait for a processor. High for a moment whenever many wake up at once.",
		Action: "If it stays above GOMAXPROCS, the process has more work than processors.",
	}
	descUtilization = metric.Desc{
		Name: "eventloop.utilization", Unit: "1", Kind: metric.KindGauge,
		Help:   "Processor time that the process used in the last minute, as a share of GOMAXPROCS processors. Above 1 where C code or system calls run beside Go code.",
		Action: "If it is near 1, lag follows: shed load or add processors.",
	}
	descMutexWait = metric.Desc{
		Name: "eventloop.mutex_wait", Unit: "s", Kind: metric.KindCounter,
		Help:   "Time that goroutines waited for locks, summed over all of them. Lag does not see it.",
		Action: "If its rate is above 1, at least one goroutine waits at any time: look at the mutex profile.",
	}
	descTicks = metric.Desc{
		Name: "eventloop.probe.ticks", Unit: "{tick}", Kind: metric.KindCounter,
		Help:   "Ticks of the probe that were due and have been handled.",
		Action: "If it stands still while the process runs, the probe was closed.",
	}
	descMissed = metric.Desc{
		Name: "eventloop.probe.missed", Unit: "{tick}", Kind: metric.KindCounter,
		Help:   "Ticks among them that were due before an earlier one was handled. Each is counted in the lag with a delay of its own.",
		Action: "None: it shows how much of the histogram comes from long stalls.",
	}
	descPeriod = metric.Desc{
		Name: "eventloop.probe.period", Unit: "s", Kind: metric.KindGauge, Labels: []string{"mode"},
		Help:   "Time between ticks now: short while there is lag. The mode is netpoll, or timer where the kernel has no timerfd.",
		Action: "With mode timer, do not alert below 2 ms: an idle machine reads that much.",
	}
	descExcluded = metric.Desc{
		Name: "eventloop.probe.excluded", Unit: "s", Kind: metric.KindCounter,
		Help:   "Time in which nothing was counted, because the process delayed itself for a dump.",
		Action: "If its rate is above 0.01, dumps are taken too often.",
	}
	descDropped = metric.Desc{
		Name: "eventloop.callback.dropped", Unit: "{stall}", Kind: metric.KindCounter,
		Help:   "Stalls that were not handed to Config.OnStall because it was busy. Absent without it.",
		Action: "If it rises, make the callback quicker.",
	}
	descFaults = metric.Desc{
		Name: "eventloop.callback.faults", Unit: "{call}", Kind: metric.KindCounter,
		Help:   "Calls of Config.OnStall that panicked. Absent without it.",
		Action: "If it rises, repair the callback: findings show the panic.",
	}
)

// Describe implements [metric.Source].
func (p *Probe) Describe() []metric.Desc {
	return []metric.Desc{
		descLag, descLagMax, descOverdue, descStalls, descStallSeconds, descSchedP99, descRunnable, descUtilization,
		descMutexWait, descTicks, descMissed, descPeriod, descExcluded, descDropped, descFaults,
	}
}

// Collect implements [metric.Source]. Before Start it emits nothing.
func (p *Probe) Collect(emit func(metric.Sample)) {
	if errors.Is(p.idle(), errNotStarted) {
		return
	}
	number := func(desc metric.Desc, value float64) { emit(metric.Sample{Desc: desc, Value: value}) }
	s := p.Snapshot()
	emit(metric.Sample{Desc: descLag, Histogram: s.Histogram()})
	number(descOverdue, s.Overdue.Seconds())
	for i := range kinds {
		labels := []string{string(kinds[i].cause)}
		emit(metric.Sample{Desc: descStalls, LabelValues: labels, Value: float64(s.causes[i].Count)})
		emit(metric.Sample{Desc: descStallSeconds, LabelValues: labels, Value: s.causes[i].Seconds})
	}
	number(descRunnable, float64(s.Runnable))
	number(descMutexWait, s.MutexWait.Seconds())
	number(descTicks, float64(s.Ticks))
	number(descMissed, float64(s.Missed))
	emit(metric.Sample{Desc: descPeriod, LabelValues: []string{s.Mode.String()}, Value: s.Period.Seconds()})
	number(descExcluded, s.Excluded.Seconds())
	if p.calls != nil {
		number(descDropped, float64(p.calls.Dropped()))
		number(descFaults, float64(p.calls.Faults().Count))
	}
	if w, ok := p.history.window(s); ok {
		collectWindow(w, number)
	}
}

// collectWindow emits what is about the last minute.
func collectWindow(w Snapshot, number func(metric.Desc, float64)) {
	if w.Ticks > 0 {
		number(descLagMax, w.Max.Seconds())
	}
	if w.Sched.Count() > 0 {
		number(descSchedP99, w.Sched.Quantile(0.99).Seconds())
	}
	if share, known := w.Utilization(); known {
		number(descUtilization, share)
	}
}
