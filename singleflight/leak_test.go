package singleflight_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/leakguard"
	"github.com/govitals/govitals/singleflight"
)

func TestMain(m *testing.M) { leakguard.VerifyTestMain(m) }

// When a herd has gone, goroutines, bytes and tables are as before.
func TestHerdLeavesNothing(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{
		Reuse: time.Millisecond, Stale: time.Millisecond, AbandonAfter: time.Minute, MaxBytes: mib, MaxGenerations: 8,
	})
	leakguard.Loop(t, 100, func() {
		var herd sync.WaitGroup
		for i := range 40 {
			herd.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, _, err := g.Do(ctx, fmt.Sprint("key", i%5), sized(8<<10)); err != nil {
					t.Error(err)
				}
			})
		}
		herd.Wait()
	})
}

// A group that is closed and dropped is gone, with all that it kept.
func TestGroupsLeaveNothing(t *testing.T) {
	leakguard.Loop(t, 100, func() {
		g := singleflight.New(singleflight.Config[string, []byte]{Reuse: time.Hour})
		for i := range 10 {
			if _, _, err := g.Do(t.Context(), fmt.Sprint(i), sized(8<<10)); err != nil {
				t.Error(err)
			}
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
}
