package watch

import "github.com/govitals/govitals/metric"

// The table of what an Outbound measures.
var (
	descOutboundWaiting = metric.Desc{
		Name: "outbound.waiting", Unit: "{call}", Kind: metric.KindUpDownCounter,
		Help:   "Calls that wait for the head of their response.",
		Action: "If it only ever rises, calls have no deadline and the other side does not answer.",
	}
	descOutboundOldest = metric.Desc{
		Name: "outbound.oldest", Unit: "s", Kind: metric.KindGauge,
		Help:   "For how long the oldest call has waited for the head of its response. Absent if none does.",
		Action: "If it is beyond any deadline that you set, a deadline is missing.",
	}
	descOutboundOpen = metric.Desc{
		Name: "outbound.open_bodies", Unit: "{response}", Kind: metric.KindUpDownCounter,
		Help:   "Responses whose body was neither read to its end nor closed.",
		Action: "If it only ever rises, bodies are not closed: each holds a connection and two goroutines.",
	}
	descOutboundOldestBody = metric.Desc{
		Name: "outbound.oldest_body", Unit: "s", Kind: metric.KindGauge,
		Help:   "For how long the oldest of them is open. Absent if none is.",
		Action: "If nothing is streamed, look for a body that is not closed.",
	}
	descOutboundDuration = metric.Desc{
		Name: "outbound.duration", Unit: "s", Kind: metric.KindHistogram, Labels: []string{"host", "outcome"},
		Help:   "Time until the head of the response was there or the call had failed, by host and outcome: ok, server_error, failed, cancelled. Hosts have a cap; those beyond are (other).",
		Action: "If failed or server_error rises, the other side has trouble.",
	}
	descOutboundBytes = metric.Desc{
		Name: "outbound.transferred", Unit: "By", Kind: metric.KindCounter, Labels: []string{"host", "direction"},
		Help:   "Bytes of bodies, by host and direction: sent, received. Heads and encryption are not in it.",
		Action: "Compare hosts and instances: who sends six times as much as the others?",
	}
)

// Describe implements [metric.Source].
func (o *Outbound) Describe() []metric.Desc {
	return []metric.Desc{
		descOutboundWaiting, descOutboundOldest, descOutboundOpen, descOutboundOldestBody,
		descOutboundDuration, descOutboundBytes,
	}
}

// Collect implements [metric.Source].
func (o *Outbound) Collect(emit func(metric.Sample)) {
	number := func(desc metric.Desc, value float64, labels ...string) {
		emit(metric.Sample{Desc: desc, LabelValues: labels, Value: value})
	}
	s := o.Stats()
	number(descOutboundWaiting, float64(s.Waiting))
	number(descOutboundOpen, float64(s.OpenBodies))
	if s.Oldest > 0 {
		number(descOutboundOldest, s.Oldest.Seconds())
	}
	if s.OldestBody > 0 {
		number(descOutboundOldestBody, s.OldestBody.Seconds())
	}
	for i := range s.Hosts {
		h := &s.Hosts[i]
		number(descOutboundBytes, float64(h.Sent), h.Host, "sent")
		number(descOutboundBytes, float64(h.Received), h.Host, "received")
		for outcome := range h.Latency {
			if latency := &h.Latency[outcome]; latency.Count() > 0 {
				emit(metric.Sample{
					Desc: descOutboundDuration, LabelValues: []string{h.Host, CallOutcome(outcome).String()},
					Histogram: latency.Histogram(),
				})
			}
		}
	}
}
