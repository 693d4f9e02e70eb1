package singleflight_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/singleflight"
)

// newGroup returns a group that is closed when the test ends.
func newGroup[V any](t testing.TB, config singleflight.Config[string, V]) *singleflight.Group[string, V] {
	t.Helper()
	g := singleflight.New(config)
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// slow returns a load that takes d, counts its calls and gives the number of the
// call.
func slow(calls *atomic.Int64, d time.Duration) func(context.Context) (int64, error) {
	return func(ctx context.Context) (int64, error) {
		n := calls.Add(1)
		select {
		case <-time.After(d):
			return n, nil
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// stuck returns a load that ignores its context until release is closed.
func stuck(release <-chan struct{}) func(context.Context) (int64, error) {
	return func(context.Context) (int64, error) {
		<-release
		return -1, nil
	}
}

func number(n int64) func(context.Context) (int64, error) {
	return func(context.Context) (int64, error) { return n, nil }
}
