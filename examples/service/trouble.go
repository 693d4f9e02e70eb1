package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// trouble is the defect that -leak plants. Each is one that real services had.
type trouble struct {
	leak   string
	audit  *auditLog
	unpaid context.Context
	stop   context.CancelFunc
	visits *prometheus.CounterVec
}

func newTrouble(leak string, registry prometheus.Registerer) *trouble {
	t := &trouble{leak: leak, audit: &auditLog{}}
	t.unpaid, t.stop = context.WithCancel(context.Background())
	if leak == leakSeries {
		t.visits = prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests by path. The path holds an id, so there is no end of them.",
		}, []string{"path"})
		registry.MustRegister(t.visits)
	}
	return t
}

// ordered is called for each order that was stored.
func (t *trouble) ordered(o order) {
	switch t.leak {
	case leakHeap:
		t.audit.keep(o)
	case leakGoroutines:
		go awaitPayment(t.unpaid)
	}
}

// answered is called for each request that was answered.
func (t *trouble) answered(r *http.Request) {
	if t.leak == leakSeries {
		t.visits.WithLabelValues(r.URL.Path).Inc()
	}
}

// auditLog keeps a copy of each order and never drops one.
type auditLog struct {
	mu      sync.Mutex
	entries [][]string
}

func (a *auditLog) keep(o order) {
	entry := make([]string, 0, 64)
	entry = append(entry, o.Lines...)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.entries = append(a.entries, entry)
}

// awaitPayment waits for a confirmation that nobody sends.
func awaitPayment(ctx context.Context) { <-ctx.Done() }
