package gate

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/govitals/govitals/metric"
)

// maxEndpoints bounds the names of endpoints in metrics; further ones count as
// otherEndpoint.
const (
	maxEndpoints  = 32
	otherEndpoint = "other"
)

// result is how a request ended.
type result uint32

const (
	undecided result = iota
	served
	denied       // a check refused it
	unauthorized // the token is missing or wrong
	throttled    // too many wrong tokens
	badMethod
	busy     // too many requests at once
	failed   // the page could not be rendered
	canceled // the client left first
	numResults
)

var resultNames = [numResults]string{
	served: "served", denied: "denied", unauthorized: "unauthorized", throttled: "throttled",
	badMethod: "method_not_allowed", busy: "busy", failed: "failed", canceled: "canceled",
}

var requests = metric.Desc{
	Name:   "debug.requests",
	Unit:   "{request}",
	Kind:   metric.KindCounter,
	Help:   "Requests for debug pages by how they ended; each is counted once.",
	Action: "If denied or unauthorized rises, find out who asks; if busy rises, ask less often.",
	Labels: []string{"endpoint", "result"},
}

type endpointCounts [numResults]atomic.Uint64

type counts struct {
	mu     sync.Mutex
	names  []string
	counts []*endpointCounts
}

// endpoint returns the counts of the endpoint with that name.
func (c *counts) endpoint(name string) *endpointCounts {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name == "" || len(c.names) >= maxEndpoints-1 && !slices.Contains(c.names, name) {
		name = otherEndpoint
	}
	if i := slices.Index(c.names, name); i >= 0 {
		return c.counts[i]
	}
	c.names = append(c.names, name)
	c.counts = append(c.counts, new(endpointCounts))
	return c.counts[len(c.counts)-1]
}

func (c *counts) all() ([]string, []*endpointCounts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.names), slices.Clone(c.counts)
}

// Describe implements [metric.Source].
func (g *Gate) Describe() []metric.Desc { return []metric.Desc{requests} }

// Collect implements [metric.Source]. A count of zero is known, and emitted.
func (g *Gate) Collect(emit func(metric.Sample)) {
	if g.closed() {
		return
	}
	names, counts := g.counts.all()
	for i, name := range names {
		for r := served; r < numResults; r++ {
			value := float64(counts[i][r].Load())
			emit(metric.Sample{Desc: requests, LabelValues: []string{name, resultNames[r]}, Value: value})
		}
	}
}
