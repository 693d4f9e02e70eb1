package heap

import (
	"fmt"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/metric"
)

var (
	descPressureShare = metric.Desc{
		Name: "pressure.share", Unit: "1", Kind: metric.KindGauge,
		Help:   "Memory in use as a share of the nearest limit that ends the process. Absent where no limit is known.",
		Action: "Above 0.8 find out what grows: the report of /debug/heap names it.",
	}
	descPressureCalls = metric.Desc{
		Name: "pressure.calls", Unit: "{call}", Kind: metric.KindCounter, Labels: []string{"result"},
		Help:   "Pressures that OnPressure called its function for, by result: called, panicked (counted as called too), or dropped for a later one.",
		Action: "Each one is a restart that a kill would have been; find what fills memory. A panicked one did not drain: see the report.",
	}
)

// Describe implements [metric.Source].
func (w *PressureWatch) Describe() []metric.Desc {
	return []metric.Desc{descPressureShare, descPressureCalls}
}

// Collect implements [metric.Source].
func (w *PressureWatch) Collect(emit func(metric.Sample)) {
	if w.steps == nil {
		return
	}
	if use, ok := w.memory.snapshot().useOf(w.config.Limit); ok {
		emit(metric.Sample{Desc: descPressureShare, Value: use.share()})
	}
	count := func(result string, n uint64) {
		emit(metric.Sample{Desc: descPressureCalls, LabelValues: []string{result}, Value: float64(n)})
	}
	count("called", w.calls.Load())
	count("panicked", uint64(w.calling.Faults().Count))
	count("dropped", w.dropped.Load())
}

// Findings implements [finding.Source]. It says what keeps the function from
// being called, or from doing its work.
func (w *PressureWatch) Findings() []finding.Finding {
	if w.steps == nil {
		return nil
	}
	var findings []finding.Finding
	silent, isSilent := w.memory.silent("heap.OnPressure", time.Now())
	_, hasLimit := w.memory.snapshot().useOf(w.config.Limit)
	switch {
	case isSilent:
		findings = append(findings, silent)
	case !hasLimit:
		findings = append(findings, finding.Finding{
			Signal: "setup", State: finding.OK, Cause: "no_limit",
			Summary: "heap.OnPressure never calls: no memory limit of the kernel is known for this process.",
			Advice:  "Set a limit on the container, or PressureConfig.Limit if somebody else enforces one.",
		})
	}
	if faults := w.calling.Faults(); faults.Count > 0 {
		findings = append(findings, broken("The callback of heap.OnPressure", faults))
	}
	return findings
}

// stackShown bounds the lines of a stack in a finding.
const stackShown = 16

// broken reports user code that panicked. Of the stack it shows the functions
// and not the files: their absolute paths tell more than a reader needs.
func broken(what string, faults loop.Faults) finding.Finding {
	summary, stack, _ := strings.Cut(faults.Last, "\n")
	var how []string
	for line := range strings.Lines(stack) {
		if !strings.HasPrefix(line, "\t") && len(how) < stackShown {
			how = append(how, strings.TrimSpace(line))
		}
	}
	return finding.Finding{
		Signal: "setup", State: finding.Unknown, Cause: "panic", How: how,
		Summary: fmt.Sprintf("%s did not return (%s): %s.", what, text.Count(faults.Count, "time"), summary),
		Advice:  "Mend it; govitals goes on without it.",
	}
}
