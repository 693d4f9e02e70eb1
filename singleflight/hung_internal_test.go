package singleflight

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

// A load is given up at the very moment of Close, and ends when it is told to.
func TestNothingIsToldAfterClose(t *testing.T) {
	var closed atomic.Bool
	told := make(chan bool, 1)
	g := New(Config[string, int]{
		AbandonAfter: 500 * time.Millisecond, MaxBytes: 1 << 20, // long after the lock below is taken
		OnHung: func(context.Context, Hung[string]) { told <- closed.Load() },
	})
	go g.Do(t.Context(), "key", func(ctx context.Context) (int, error) {
		g.store.mu.Lock() // stops what gives the load up halfway, when it gives room back
		<-ctx.Done()
		return 0, ctx.Err()
	})
	for g.hung.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	done := make(chan error)
	go func() {
		err := g.Close()
		closed.Store(true)
		done <- err
	}()
	time.Sleep(50 * time.Millisecond) // in which Close could return
	g.store.mu.Unlock()
	if <-told {
		t.Error("OnHung was called after Close had returned")
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
