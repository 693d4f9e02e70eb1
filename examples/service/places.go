package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/watch"
)

// maxPlaces is how many requests the store takes at the same time.
const maxPlaces = 4

// places is a pool, as of connections to a database: whoever takes a place gives it
// back.
type places struct {
	free    chan struct{}
	waiting atomic.Int64
	waits   atomic.Uint64
	waited  atomic.Int64 // nanoseconds
}

func newPlaces() *places { return &places{free: make(chan struct{}, maxPlaces)} }

// take waits for a place.
func (p *places) take(ctx context.Context) error {
	select {
	case p.free <- struct{}{}:
		return nil
	default:
	}
	began := time.Now()
	p.waits.Add(1)
	p.waiting.Add(1)
	defer func() {
		p.waiting.Add(-1)
		p.waited.Add(int64(time.Since(began)))
	}()
	select {
	case p.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *places) give() { <-p.free }

// read is for watch.Pool. For a *sql.DB nothing of this is needed: PoolConfig.DB.
func (p *places) read() watch.PoolReading {
	return watch.PoolReading{
		InUse: len(p.free), Max: cap(p.free), Waiting: int(p.waiting.Load()),
		Waits: p.waits.Load(), WaitTime: time.Duration(p.waited.Load()),
	}
}
