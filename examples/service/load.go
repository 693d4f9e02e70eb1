package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/watch"
)

const (
	maxRate   = 20_000
	clients   = 8
	customers = 50
	// liveOrders is how many orders customers still care about: older ones are
	// deleted, so a healthy store stays the same size.
	liveOrders = 500
)

// load sends requests to the service at a steady rate.
type load struct {
	base   string
	rate   float64
	client *http.Client
	sent   atomic.Int64
	failed atomic.Int64
}

// newLoad returns a load whose requests go through the Outbound, which so knows which of
// them have no answer.
func newLoad(base string, rate float64, through *watch.Outbound) *load {
	return &load{base: base, rate: rate, client: &http.Client{
		Timeout:   5 * time.Second,
		Transport: through.Around(&http.Transport{MaxIdleConnsPerHost: clients}),
	}}
}

// run sends until ctx ends and leaves no connection behind.
func (l *load) run(ctx context.Context) {
	defer l.client.CloseIdleConnections()
	if l.rate == 0 {
		return
	}
	tickets := make(chan int64)
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for n := range tickets {
				l.visit(ctx, n)
			}
		})
	}
	l.pace(ctx, tickets)
	close(tickets)
	group.Wait()
}

// scrape asks for the metrics as Prometheus does, and more often.
func (l *load) scrape(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.send(ctx, http.MethodGet, "/metrics", nil)
		}
	}
}

// pace hands out a ticket for each request when its time has come.
func (l *load) pace(ctx context.Context, tickets chan<- int64) {
	start := time.Now()
	for n := int64(0); ; n++ {
		due := start.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(due)):
		}
		select {
		case <-ctx.Done():
			return
		case tickets <- n:
		}
	}
}

// visit is request number n of a customer: to order, to look an order up, to
// cancel an old one, or to see the report.
func (l *load) visit(ctx context.Context, n int64) {
	switch n % 4 {
	case 0:
		l.send(ctx, http.MethodPut, orderPath(n), newOrder(n))
	case 1:
		l.send(ctx, http.MethodGet, orderPath(n-1-4*rand.Int64N(min(n/4+1, liveOrders/2))), nil)
	case 2:
		l.send(ctx, http.MethodDelete, orderPath(n-2-4*liveOrders), nil)
	case 3:
		l.send(ctx, http.MethodGet, "/report", nil)
	}
}

func orderPath(n int64) string { return fmt.Sprintf("/orders/%d", n) }

func newOrder(n int64) []byte {
	o := order{Customer: fmt.Sprintf("customer-%d", n%customers), Cents: 100 + rand.IntN(100_000)}
	for i := range 1 + rand.IntN(20) {
		o.Lines = append(o.Lines, fmt.Sprintf("article %d of order %d", i, n))
	}
	body, _ := json.Marshal(o) // strings and integers always marshal
	return body
}

func (l *load) send(ctx context.Context, method, path string, body []byte) {
	request, err := http.NewRequestWithContext(ctx, method, l.base+path, bytes.NewReader(body))
	if err != nil {
		l.failed.Add(1)
		return
	}
	response, err := l.client.Do(request)
	if ctx.Err() != nil {
		closeBody(response)
		return // the program ends; this request does not count
	}
	l.sent.Add(1)
	if err != nil || response.StatusCode >= http.StatusInternalServerError {
		l.failed.Add(1)
	}
	closeBody(response)
}

// closeBody reads what is left, so that the connection can be used again.
func closeBody(response *http.Response) {
	if response != nil {
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// tally is the number of requests answered so far.
func (l *load) tally() string { return fmt.Sprintf("%d req", l.sent.Load()) }
