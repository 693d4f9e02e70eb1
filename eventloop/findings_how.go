package eventloop

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/text"
)

// how lists the figures that a verdict rests on, and what is missing.
func (p *Probe) how(w Snapshot) []string {
	how := []string{
		fmt.Sprintf("Lagging means that the 99th percentile of a minute is at least %v, or that nothing has run for %v",
			p.config.StallThreshold, p.longestWait()),
		fmt.Sprintf("%s, %d missed; mean %s, median %s, longest %s", text.Count(int(w.Ticks), "tick"), w.Missed,
			short(w.Mean()), short(w.Quantile(0.5)), short(w.Max)),
		p.modeWords(),
	}
	for _, cause := range slices.Sorted(maps.Keys(w.Stalls)) {
		of := w.Stalls[cause]
		how = append(how, fmt.Sprintf("%s of %s, %s together", text.Count(int(of.Count), "stall"), cause, short(time.Duration(of.Seconds*1e9))))
	}
	if w.Sched.Count() > 0 {
		how = append(how, fmt.Sprintf("the runtime's /sched/latencies has a 99th percentile of %s, and sees neither stops of the process nor waits in progress",
			short(w.Sched.Quantile(0.99))))
	}
	if share, known := w.Utilization(); known {
		how = append(how, fmt.Sprintf("%.0f %% of %s used", 100*share, text.Count(int(w.Processors), "processor")))
	} else {
		how = append(how, "how busy the processors were is not known here")
	}
	how = append(how, fmt.Sprintf("%s on average waited for locks, which lag does not see", goroutines(waiting(w))))
	if w.Excluded > 0 {
		how = append(how, fmt.Sprintf("%s left out: the process dumped something about itself", short(w.Excluded)))
	}
	return append(how, p.troubles()...)
}

// modeWords say how it was measured.
func (p *Probe) modeWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.mode == Netpoll:
		return "measured by a timerfd, which wakes up as a socket does"
	case p.fallback != nil:
		return fmt.Sprintf("measured by a timer, less exact below 2ms and under load, because there is no timerfd: %v", p.fallback)
	}
	return "measured by a timer, less exact below 2ms and under load"
}

// troubles list what went wrong in measuring and reporting.
func (p *Probe) troubles() (all []string) {
	if n := p.sourceFaults.Load(); n > 0 {
		all = append(all, fmt.Sprintf("the kernel's timer failed %s", text.Count(int(n), "time")))
	}
	all = appendFaults(all, "measuring", p.ticker.Faults())
	all = appendFaults(all, "explaining", p.watcher.Faults())
	if p.calls == nil {
		return all
	}
	if n := p.calls.Dropped(); n > 0 {
		all = append(all, fmt.Sprintf("%s not reported, because OnStall was still busy", text.Count(int(n), "stall")))
	}
	return appendFaults(all, "OnStall", p.calls.Faults())
}

func appendFaults(all []string, what string, faults loop.Faults) []string {
	if faults.Count == 0 {
		return all
	}
	return append(all, fmt.Sprintf("%s failed %s, last: %s", what, text.Count(faults.Count, "time"), firstLine(faults.Last)))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
