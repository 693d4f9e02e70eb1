package watch

import "github.com/govitals/govitals/metric"

// The table of what an InFlight measures.
var (
	descInFlight = metric.Desc{
		Name: "inflight.requests", Unit: "{request}", Kind: metric.KindUpDownCounter,
		Help:   "Requests that run now.",
		Action: "If it only ever rises, requests do not end: see inflight.oldest and the list of requests.",
	}
	descInFlightOldest = metric.Desc{
		Name: "inflight.oldest", Unit: "s", Kind: metric.KindGauge,
		Help:   "For how long the oldest request runs. Absent if none does. A stream or a WebSocket that is meant to stay open counts too.",
		Action: "If it rises without end, look at what that request waits for.",
	}
	descInFlightOrphans = metric.Desc{
		Name: "inflight.orphans", Unit: "{request}", Kind: metric.KindUpDownCounter,
		Help:   "Requests that run now although their client left longer ago than the grace, 5 s by default.",
		Action: "If it stays above 0, handlers ignore the context of their request: findings name them.",
	}
	descInFlightOrphaned = metric.Desc{
		Name: "inflight.orphaned", Unit: "{request}", Kind: metric.KindCounter,
		Help:   "Requests that went on for longer than the grace after their client had left.",
		Action: "Its rate is work that is done for nobody.",
	}
	descInFlightDuration = metric.Desc{
		Name: "inflight.duration", Unit: "s", Kind: metric.KindHistogram, Labels: []string{"route", "outcome"},
		Help:   "How long requests took that have ended, by route and outcome: ok, error, panic, client_gone. Routes have a cap; those beyond are (other).",
		Action: "If it rises with memory, the garbage collector takes the time: compare with heap.live.",
	}
)

// Describe implements [metric.Source].
func (f *InFlight) Describe() []metric.Desc {
	return []metric.Desc{descInFlight, descInFlightOldest, descInFlightOrphans, descInFlightOrphaned, descInFlightDuration}
}

// Collect implements [metric.Source].
func (f *InFlight) Collect(emit func(metric.Sample)) {
	number := func(desc metric.Desc, value float64) { emit(metric.Sample{Desc: desc, Value: value}) }
	s := f.Stats()
	number(descInFlight, float64(s.InFlight))
	number(descInFlightOrphans, float64(s.Orphans))
	number(descInFlightOrphaned, float64(s.Orphaned))
	if s.Oldest > 0 {
		number(descInFlightOldest, s.Oldest.Seconds())
	}
	for i := range s.Routes {
		r := &s.Routes[i]
		emit(metric.Sample{
			Desc: descInFlightDuration, LabelValues: []string{r.Route, r.Outcome.String()},
			Histogram: r.Latency.Histogram(),
		})
	}
}
