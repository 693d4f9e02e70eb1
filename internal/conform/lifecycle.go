package conform

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// Starter is what has the lifecycle of govitals: Start once, Close any number of
// times.
type Starter interface {
	Start(ctx context.Context) error
	Close() error
}

// Lifecycle checks that what create returns starts once, closes any number of
// times whether started or not, ends with its context and leaves no goroutine.
// zero must be a zero value of the type, which only has to be closable.
func Lifecycle(t *testing.T, zero Starter, create func() Starter) {
	t.Helper()
	cases := []struct {
		name string
		run  func(t *testing.T, s Starter)
	}{
		{"close without start", closeWithoutStart},
		{"close twice", closeTwice},
		{"close from many goroutines", closeFromMany},
		{"second start", secondStart},
		{"start after close", startAfterClose},
		{"end of context", endOfContext},
		{"start and close at once", startAndCloseAtOnce},
	}
	t.Run("zero value", func(t *testing.T) { closeWithoutStart(t, zero) })
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.run(t, create())
				synctest.Wait()
				noGoroutineLeft(t)
			})
		})
	}
}

func closeWithoutStart(t *testing.T, s Starter) {
	mustClose(t, s)
	mustClose(t, s)
}

func closeTwice(t *testing.T, s Starter) {
	mustStart(t, t.Context(), s)
	time.Sleep(time.Hour) // let it work
	mustClose(t, s)
	noGoroutineLeft(t) // Close returns after the goroutine has gone
	mustClose(t, s)
}

func closeFromMany(t *testing.T, s Starter) {
	mustStart(t, t.Context(), s)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { mustClose(t, s) })
	}
	group.Wait()
}

func secondStart(t *testing.T, s Starter) {
	mustStart(t, t.Context(), s)
	defer mustClose(t, s)
	mustRefuse(t, s.Start(t.Context()), "started")
}

func startAfterClose(t *testing.T, s Starter) {
	mustClose(t, s)
	mustRefuse(t, s.Start(t.Context()), "closed")
}

func endOfContext(t *testing.T, s Starter) {
	ctx, cancel := context.WithCancel(t.Context())
	mustStart(t, ctx, s)
	cancel()
	synctest.Wait()
	noGoroutineLeft(t)
	if err := s.Start(t.Context()); err == nil {
		t.Error("Start after the end of the context gave no error")
	}
	mustClose(t, s)
}

func startAndCloseAtOnce(t *testing.T, s Starter) {
	var group sync.WaitGroup
	group.Go(func() { _ = s.Start(t.Context()) })
	group.Go(func() { mustClose(t, s) })
	group.Wait()
	mustClose(t, s)
}

func mustStart(t *testing.T, ctx context.Context, s Starter) {
	t.Helper()
	if err := s.Start(ctx); err != nil {
		t.Fatalf("Start: %v", err)
	}
}

func mustClose(t *testing.T, s Starter) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func mustRefuse(t *testing.T, err error, word string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), word) {
		t.Errorf("Start: error is %v, want one that says %q", err, word)
	}
}

// noGoroutineLeft looks for goroutines of ours in the bubble of the test. One
// that has closed its channel may still be on its way out.
func noGoroutineLeft(t *testing.T) {
	t.Helper()
	synctest.Wait()
	_, bubble, err := stacks.Self()
	if err != nil {
		t.Fatal(err)
	}
	for g := range stacks.All(stacks.Dump()) {
		if g.Bubble == bubble && g.Own() {
			t.Errorf("a goroutine is left:\n%s", g.Text)
		}
	}
}
