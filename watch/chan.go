package watch

import (
	"context"
	"fmt"
)

// Chan is a channel whose items a Queue watches. [NewChan] makes it.
type Chan[T any] struct {
	queue *Queue
	c     chan Queued[T]
}

// Queued is a value out of a Chan, with its Item: call Start when work on it begins,
// and Done, Fail or Finish when it ends.
type Queued[T any] struct {
	Item
	// Value is what was sent.
	Value T
}

// NewChan returns a channel with room for size values. It panics if queue is nil or
// size is negative.
func NewChan[T any](queue *Queue, size int) *Chan[T] {
	if queue == nil || size < 0 {
		panic(fmt.Sprintf("watch: NewChan: queue is %v and size %d: give it a Queue, and a size of 0 or more", queue, size))
	}
	return &Chan[T]{queue, make(chan Queued[T], size)}
}

// Send puts a value into the channel, and waits while it is full. An item that waits
// to get in waits already, for the figures. The error is that of ctx.
func (c *Chan[T]) Send(ctx context.Context, value T) error {
	queued, sent := Queued[T]{c.queue.Add(), value}, false
	defer queued.dropUnless(&sent)
	select {
	case c.c <- queued:
		sent = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TrySend puts a value into the channel and reports true, or false if it is full:
// then the item counts as dropped.
func (c *Chan[T]) TrySend(value T) bool {
	queued, sent := Queued[T]{c.queue.Add(), value}, false
	defer queued.dropUnless(&sent)
	select {
	case c.c <- queued:
		sent = true
	default:
	}
	return sent
}

// dropUnless is deferred: sending on a closed channel panics.
func (q Queued[T]) dropUnless(sent *bool) {
	if !*sent {
		q.Drop()
	}
}

// Receive returns the channel to receive from.
func (c *Chan[T]) Receive() <-chan Queued[T] { return c.c }

// Close closes the channel, as the built-in function does: no Send may follow.
func (c *Chan[T]) Close() { close(c.c) }

// Work deals with values, one after the other on the goroutine of the caller, until
// ctx ends or the channel is closed and empty. An error of do means that the value
// failed for good. If do panics, the value failed, and the panic goes on.
func (c *Chan[T]) Work(ctx context.Context, do func(context.Context, T) error) {
	for {
		select {
		case <-ctx.Done():
			return
		case queued, ok := <-c.c:
			if !ok {
				return
			}
			queued.work(ctx, do)
		}
	}
}

func (q Queued[T]) work(ctx context.Context, do func(context.Context, T) error) {
	q.Start()
	ended, err := false, error(nil)
	defer func() {
		if ended {
			q.Finish(err)
		} else {
			q.Fail()
		}
	}()
	err = do(ctx, q.Value)
	ended = true
}
