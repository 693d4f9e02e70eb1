package httpflight

import (
	"time"

	"github.com/govitals/govitals/internal/flight"
	"github.com/govitals/govitals/metric"
)

// The table of metrics. The number of series does not depend on traffic.
var (
	descRequests = metric.Desc{
		Name: "httpflight.requests", Unit: "{request}", Kind: metric.KindCounter, Labels: []string{"source"},
		Help:   "Requests answered from a flight: loaded (the one that began it), shared (joined it), reused (got a kept answer), stale (got one past its time), failed (no answer to give).",
		Action: "Compare shared and reused with loaded: that many loads were saved.",
	}
	descAlone = metric.Desc{
		Name: "httpflight.alone", Unit: "{request}", Kind: metric.KindCounter, Labels: []string{"reason"},
		Help:   "Requests that were let through alone, by reason: what the request said, or what the answer said (unshareable, vary), or that an earlier one said so (marked).",
		Action: "If unshareable and marked dominate, look at Set-Cookie and Cache-Control of the handler behind.",
	}
	descLoads = metric.Desc{
		Name: "httpflight.loads", Unit: "{load}", Kind: metric.KindCounter, Labels: []string{"result"},
		Help:   "Loads that have ended: ok, unshareable, error, panic (or Goexit), silent (longer than LoadTimeout), abandoned (every client left, or Close).",
		Action: "Look at the server's log for error and panic; for silent look at the origin.",
	}
	descRunning = metric.Desc{
		Name: "httpflight.running", Unit: "{load}", Kind: metric.KindUpDownCounter,
		Help:   "Loads that run, those included that ignore that they were given up.",
		Action: "If it stays near MaxLoads, clients get 503: the origin is slow, or keys are too many.",
	}
	descOldest = metric.Desc{
		Name: "httpflight.oldest", Unit: "s", Kind: metric.KindGauge,
		Help:   "Age of the oldest load that runs. Absent while none does.",
		Action: "If it grows, a handler hangs: look at its stack in /debug/goroutines.",
	}
	descHeld = metric.Desc{
		Name: "httpflight.held", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Buffers of shared bodies that are loaded, read by a client, or kept for reuse. A body counts in full until its last reader is through.",
		Action: "If it stays near MaxBytes, bodies are no longer shared in full: raise it, or lower Reuse.",
	}
	descKept = metric.Desc{
		Name: "httpflight.kept", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Bytes of answers kept for reuse, each with 4 KiB for itself.",
		Action: "At half of MaxBytes nothing more is kept: lower Reuse, or raise MaxBytes.",
	}
	descGenerations = metric.Desc{
		Name: "httpflight.generations", Unit: "{answer}", Kind: metric.KindUpDownCounter,
		Help:   "Answers that are alive: kept, or left behind by newer ones and still read by slow clients.",
		Action: "Far above the number of addresses: slow clients hold old answers. Lower StallTimeout, raise Reuse, or set MaxGenerations.",
	}
	descCut = metric.Desc{
		Name: "httpflight.cut", Unit: "{client}", Kind: metric.KindCounter,
		Help:   "Clients cut off because they were too far behind in a body that is too large to be kept.",
		Action: "Raise MaxBody, or let the origin declare a Content-Length: such bodies go to each client alone.",
	}
	descCrossed = metric.Desc{
		Name: "httpflight.crossed", Unit: "{load}", Kind: metric.KindCounter,
		Help:   "Loads whose body outgrew MaxBody or found MaxBytes used up, and went on for those who were there.",
		Action: "As for cut.",
	}
	descLoadSeconds = metric.Desc{
		Name: "httpflight.load", Unit: "s", Kind: metric.KindHistogram,
		Help:   "How long loads took, the time included in which they waited for slow clients of a body too large to be shared.",
		Action: "This is the origin as clients feel it.",
	}
	descWaitSeconds = metric.Desc{
		Name: "httpflight.wait", Unit: "s", Kind: metric.KindHistogram,
		Help:   "How long requests waited for the headers of the answer that they share.",
		Action: "Compare with httpflight.load: streaming makes it much shorter.",
	}
)

// Describe implements [metric.Source].
func (h *Handler) Describe() []metric.Desc {
	return []metric.Desc{
		descRequests, descAlone, descLoads, descRunning, descOldest, descHeld, descKept, descGenerations, descCut, descCrossed,
		descLoadSeconds, descWaitSeconds,
	}
}

// Collect implements [metric.Source].
func (h *Handler) Collect(emit func(metric.Sample)) {
	number := func(d metric.Desc, value float64, labels ...string) {
		emit(metric.Sample{Desc: d, Value: value, LabelValues: labels})
	}
	for _, source := range []flight.Source{flight.Loaded, flight.Shared, flight.Reused} {
		number(descRequests, float64(h.counts.requests[source].Load()), source.String())
	}
	number(descRequests, float64(h.counts.stale.Load()), "stale")
	number(descRequests, float64(h.counts.failed.Load()), "failed")
	for i, reason := range aloneReasons {
		number(descAlone, float64(h.counts.byReason[i].Load()), reason)
	}
	for i, result := range loadNames {
		number(descLoads, float64(h.counts.loads[i].Load()), result)
	}
	number(descHeld, float64(h.budget.used.Load()))
	number(descKept, float64(h.kept.used.Load()))
	number(descGenerations, float64(h.shelf.generations()))
	number(descCut, float64(h.counts.cut.Load()))
	number(descCrossed, float64(h.counts.crossed.Load()))
	h.collectLoads(number, emit)
}

func (h *Handler) collectLoads(number func(metric.Desc, float64, ...string), emit func(metric.Sample)) {
	h.mu.Lock()
	running, oldest := len(h.loads), h.oldest()
	h.mu.Unlock()
	took, waited := h.took.Counts(), h.waited.Counts()
	number(descRunning, float64(running))
	if running > 0 {
		number(descOldest, oldest.Seconds())
	}
	emit(metric.Sample{Desc: descLoadSeconds, Histogram: took.Metric()})
	emit(metric.Sample{Desc: descWaitSeconds, Histogram: waited.Metric()})
}

// oldest returns the age of the oldest load that runs. The caller holds mu.
func (h *Handler) oldest() time.Duration {
	oldest := time.Duration(0)
	for _, began := range h.loads {
		oldest = max(oldest, time.Since(began))
	}
	return oldest
}
