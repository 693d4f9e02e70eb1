package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// trouble is the defect that -leak or -trouble plants. Each is one that real services
// had.
type trouble struct {
	leak, kind string
	audit      *auditLog
	unpaid     context.Context
	stop       context.CancelFunc
	visits     *prometheus.CounterVec
	refreshes  atomic.Int64
	reports    atomic.Int64
}

func newTrouble(opts options, registry prometheus.Registerer) *trouble {
	t := &trouble{leak: opts.leak, kind: opts.trouble, audit: &auditLog{}}
	t.unpaid, t.stop = context.WithCancel(context.Background())
	if t.leak == leakSeries {
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

// refresh is called by the job that refreshes the report: its source goes away, and
// nobody looks at the error.
func (t *trouble) refresh() error {
	if t.kind == troubleJob && t.refreshes.Add(1) > 3 {
		return errors.New("the bank refuses the connection")
	}
	return nil
}

// forgetsPlace reports whether the place of a request is not given back.
func (t *trouble) forgetsPlace(r *http.Request) bool {
	return t.kind == troublePool && r.Method == http.MethodDelete
}

// dawdle makes some requests for the report take for ever. They do not notice that their
// client has lost patience.
func (t *trouble) dawdle() {
	if t.kind == troubleOrphan && t.reports.Add(1)%200 == 1 {
		<-t.unpaid.Done()
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
