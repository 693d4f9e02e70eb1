package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	queueLength  = 256
	workers      = 4
	refreshEvery = time.Second
)

// printer prints invoices in the background: a bounded queue and some workers.
type printer struct{ queue chan order }

func newPrinter() *printer { return &printer{queue: make(chan order, queueLength)} }

// enqueue reports whether there was room.
func (p *printer) enqueue(o order) bool {
	select {
	case p.queue <- o:
		return true
	default:
		return false
	}
}

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
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-p.queue:
			page.Reset()
			printInvoice(&page, o)
		}
	}
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
	store *store

	mu       sync.Mutex
	turnover map[string]int
}

func newReport(s *store) *report { return &report{store: s} }

// run refreshes until ctx ends.
func (r *report) run(ctx context.Context) {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			r.refresh()
		}
	}
}

func (r *report) refresh() {
	turnover := map[string]int{}
	for _, o := range r.store.all() {
		turnover[o.Customer] += o.Cents
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turnover = turnover
}

// latest returns cents by customer. The map is never changed after it is made.
func (r *report) latest() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.turnover
}
