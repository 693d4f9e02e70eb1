// Pool is the incident of a service that waited for itself.
//
//	go run ./examples/incidents/pool
package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
	"github.com/govitals/govitals/watch"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The database that was blamed for a pool",
		Told: `Response times rose until nothing was answered any more, and the database was
idle. An error path forgot to give its connection back. After as many errors as
there are connections, every request waited for one.`,
		Fix:    "The connection is given back by defer.",
		Broken: func(ctx context.Context, v *vitals.Vitals) error { return serve(ctx, v, queryAndForget) },
		Fixed:  func(ctx context.Context, v *vitals.Vitals) error { return serve(ctx, v, query) },
		Named:  incident.Named{Signal: "pools", Names: []string{"WAITING FOR db POOL"}},
	})
}

// connections is a pool of connections as a driver has it.
type connections struct {
	free                   chan struct{}
	waiting, waits, waited atomic.Int64
}

func newConnections(n int) *connections { return &connections{free: make(chan struct{}, n)} }

func (c *connections) take(ctx context.Context) error {
	select {
	case c.free <- struct{}{}:
		return nil
	default:
	}
	began := time.Now()
	c.waits.Add(1)
	c.waiting.Add(1)
	defer func() {
		c.waiting.Add(-1)
		c.waited.Add(int64(time.Since(began)))
	}()
	select {
	case c.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *connections) giveBack() { <-c.free }

func (c *connections) stats() watch.PoolReading {
	return watch.PoolReading{
		InUse: len(c.free), Max: cap(c.free), Waiting: int(c.waiting.Load()),
		Waits: uint64(c.waits.Load()), WaitTime: time.Duration(c.waited.Load()),
	}
}

var errConstraint = errors.New("constraint violated")

// query gives its connection back whatever happens.
func query(ctx context.Context, c *connections, n int) error {
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.giveBack()
	return ask(n)
}

// queryAndForget is how it was.
func queryAndForget(ctx context.Context, c *connections, n int) error {
	if err := c.take(ctx); err != nil {
		return err
	}
	if err := ask(n); err != nil {
		return err
	}
	c.giveBack()
	return nil
}

// ask is the database: one statement in fifty violates a constraint.
func ask(n int) error {
	time.Sleep(2 * time.Millisecond)
	if n%50 == 49 {
		return errConstraint
	}
	return nil
}

func serve(ctx context.Context, v *vitals.Vitals, query func(context.Context, *connections, int) error) error {
	c := newConnections(4)
	pool := watch.NewPool(watch.PoolConfig{Name: "db", Read: c.stats})
	if err := pool.Start(ctx); err != nil {
		return err
	}
	defer pool.Close()
	v.Add(pool)
	var requests sync.WaitGroup
	defer requests.Wait()
	for n := 0; ctx.Err() == nil; n++ {
		requests.Go(func() { _ = query(ctx, c, n) })
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}
