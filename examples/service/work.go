package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/govitals/govitals/watch"
)

const (
	queueLength = 256
	workers     = 4
)

// printer prints invoices in the background: a bounded queue and some workers.
type printer struct{ queue *watch.Chan[order] }

func newPrinter(invoices *watch.Queue) *printer {
	return &printer{watch.NewChan[order](invoices, queueLength)}
}

// enqueue reports whether there was room.
func (p *printer) enqueue(o order) bool { return p.queue.TrySend(o) }

// run works until ctx ends.
func (p *printer) run(ctx context.Context) {
	var group sync.WaitGroup
	for range workers {
		group.Go(func() { p.work(ctx) })
	}
	group.Wait()
}

func (p *printer) work(ctx context.Context) {
	var page bytes.Buffer
	p.queue.Work(ctx, func(_ context.Context, o order) error {
		page.Reset()
		printInvoice(&page, o)
		return nil
	})
}

func printInvoice(page *bytes.Buffer, o order) {
	fmt.Fprintf(page, "Invoice %s for %s\n", o.ID, o.Customer)
	for i, line := range o.Lines {
		fmt.Fprintf(page, "%3d  %s\n", i+1, line)
	}
	fmt.Fprintf(page, "Total %d.%02d\n", o.Cents/100, o.Cents%100)
}

// report is the turnover by customer, refreshed periodically.
type report struct {
	store   *store
	trouble *trouble

	mu       sync.Mutex
	turnover map[string]int
}

func newReport(s *store, t *trouble) *report { return &report{store: s, trouble: t} }

// refresh is the job.
func (r *report) refresh(context.Context) error {
	if err := r.trouble.refresh(); err != nil {
		return err
	}
	turnover := map[string]int{}
	for _, o := range r.store.all() {
		turnover[o.Customer] += o.Cents
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turnover = turnover
	return nil
}

// latest returns cents by customer. The map is never changed after it is made.
func (r *report) latest() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.turnover
}
